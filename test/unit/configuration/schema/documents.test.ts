import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { renderSchemaFile, replicationNode, settingsNode } from '../../../../src/configuration/schema/json-schema.ts';
import { updateKeyTables } from '../../../../src/configuration/schema/key-tables.ts';
import { loadTexts } from '../../../support/configuration.ts';
import { expectCurrent } from '../../../support/expect-current.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

const FIX = 'npm run configuration:documents';

describe('generated from the schema and up to date:', () => {
  test('configuration/settings.schema.json', () => {
    expectCurrent(read('configuration/settings.schema.json'), renderSchemaFile(settingsNode()), FIX);
  });

  test('configuration/replication_config.schema.json', () => {
    expectCurrent(read('configuration/replication_config.schema.json'), renderSchemaFile(replicationNode()), FIX);
  });

  test('the tables of docs/configuration.md', () => {
    const document = read('docs/configuration.md');
    expect(document.match(/<!-- keys: \w+ -->/g)).toHaveLength(5);
    expectCurrent(document, updateKeyTables(document), FIX);
  });
});

describe('the JSON Schema files', () => {
  test('let editors complete regions and explain every key', () => {
    const source = replicationNode().properties?.['replication_configuration']?.items?.properties?.['source'];
    expect(source?.properties?.['region']?.enum).toContain('eu-west-1');
    const unexplained = Object.entries({ ...source?.properties, ...settingsNode().properties }).filter(
      ([, { description = '' }]) => description === '',
    );
    expect(unexplained).toEqual([]);
    expect(renderSchemaFile(settingsNode())).not.toMatch(/"(allowed|otherwise)":/);
  });

  test('use only patterns and formats that validators in other languages know', () => {
    for (const node of [settingsNode(), replicationNode()]) {
      expect(renderSchemaFile(node)).not.toMatch(/\\p\{|cidrv4/);
    }
    expect(renderSchemaFile(settingsNode())).toContain('"pattern": "^((25[0-5]');
  });
});

describe('docs/configuration.md', () => {
  test('has worked examples that load', async () => {
    const blocks = [...read('docs/configuration.md').matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    const settings = blocks.filter((text) => text.includes('"enabled_regions"'));
    const replication = blocks.filter((text) => text.includes('"replication_configuration"'));
    const loaded = await Promise.all(
      replication.map((text, index) => loadTexts({ replication: text, settings: settings[index] ?? '' })),
    );
    expect(loaded.map(({ rules }) => rules.map(({ destinations }) => destinations.length))).toEqual([[2, 1], [1]]);
    expect(loaded[1]?.rules[0]?.sizing.fallback).toMatchObject({ cpu: 4096, maximumTasks: 10, onDemandPercent: 20 });
  });
});
