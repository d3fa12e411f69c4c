import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { deployedNames } from '../../../../src/cli/command/deployed-names.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { ruleResourceName } from '../../../../src/configuration/schema/resource-names.ts';
import { planRegions } from '../../../../src/templates/plan-regions.ts';
import { partsOf } from '../../../../src/templates/region-parts.ts';
import { someFallback } from '../../../support/deployment-configuration.ts';

/** Names of this property in the stack of this file, with the parameters filled in. */
function namesIn(
  stack: string,
  property: 'QueueName' | 'FunctionName',
  parameters: Readonly<Record<string, string>>,
): string[] {
  const text = readFileSync(new URL(`../../../../src/stacks/${stack}.yaml`, import.meta.url), 'utf8');
  // Six blanks mean a property of a resource; elsewhere it is a dimension.
  const named = text.matchAll(new RegExp(`^ {6}${property}: (?:!Ref (\\w+)|!Sub '([^']+)')$`, 'gm'));
  return [...named].map(([, parameter, pattern]) =>
    (pattern ?? `\${${parameter ?? ''}}`).replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parameters[name] ?? name),
  );
}

test('the names match those of the stacks in a region that sends and receives with the fallback', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deployed-names-'));
  const { settings, replication } = someFallback();
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(replication));
  const configuration = await loadConfiguration(folder);
  await rm(folder, { recursive: true });
  const plan = planRegions(configuration).find(({ region }) => region === 'eu-west-1');
  if (plan === undefined) throw new TypeError('no plan');
  const NamePrefix = 'compressor';
  const target = `${NamePrefix}-target`;
  const rules = plan.outgoing.map((rule) => ({ rule, Name: ruleResourceName('compressor', rule.id) }));
  const withFallback = rules.filter(({ rule }) => rule.sizing.fallback !== undefined);
  const named = (property: 'QueueName' | 'FunctionName'): string[] => [
    ...partsOf(plan).flatMap(({ name, stack, resources }) => {
      const file = stack ?? (resources === undefined ? undefined : name);
      return file === undefined ? [] : namesIn(file, property, { NamePrefix });
    }),
    ...rules.flatMap(({ Name }) => namesIn('rule', property, { Name })),
    ...[...withFallback.map(({ Name }) => Name), target].flatMap((Name) => namesIn('fallback', property, { Name })),
  ];
  const { functions, queues } = deployedNames(configuration, plan);
  expect(functions.map(({ name }) => name).toSorted()).toEqual(named('FunctionName').toSorted());
  const all = new Set(queues.flatMap(({ name, deadLetters }) => [name, deadLetters]));
  expect([...all].toSorted()).toEqual(named('QueueName').toSorted());
});
