import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import * as format from '../../../src/archive/format.ts';
import {
  manifestDeletion,
  manifestEnvelope,
  manifestFormat,
  manifestObject,
  manifestTarget,
} from '../../../src/archive/manifest-schema.ts';
import { memberName } from '../../../src/archive/member-name.ts';
import { KIB, MAX_KEY_BYTES, MIB } from '../../../src/units.ts';

let document: string;

beforeAll(async () => {
  document = await readFile(new URL('../../../docs/format.md', import.meta.url), 'utf8');
});

/** Cells of the rows of the table under a heading, without the header row. */
function tableUnder(heading: string): string[][] {
  const [, section = ''] = document.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function unquoted(cell: string | undefined): string {
  return /`([^`]*)`/.exec(cell ?? '')?.[1] ?? '';
}

/** `8,388,608`, `0xfd2fb528` or `` `objects/` ``. */
function parseValue(cell: string | undefined): string | number {
  const plain = unquoted(cell);
  return plain === '' ? Number((cell ?? '').replaceAll(',', '')) : plain;
}

test('docs/format.md lists every number of the format, with its value', () => {
  const listed = tableUnder('Numbers').map(([name, value]) => [unquoted(name), parseValue(value)]);
  expect(Object.fromEntries(listed)).toEqual({ KIB, MIB, MAX_KEY_BYTES, ...format });
});

test('docs/format.md lists every field of the manifest', () => {
  const fieldsOf = (prefix: string, shape: object): string[] => Object.keys(shape).map((name) => `${prefix}${name}`);
  const expected = [
    ...fieldsOf('', manifestEnvelope.shape),
    ...fieldsOf('format.', manifestFormat.shape),
    ...fieldsOf('targets[].', manifestTarget.shape),
    ...fieldsOf('objects[].', manifestObject.shape),
    ...fieldsOf('objects[].headers.', manifestObject.shape.headers.unwrap().shape),
  ];
  const listed = tableUnder('Manifest').map(([name]) => unquoted(name));
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

test('docs/format.md lists every field of a deletion', () => {
  const expected = Object.keys(manifestDeletion.shape).map((name) => `deletions[].${name}`);
  expect(tableUnder('Deletions').map(([name]) => unquoted(name))).toEqual(expected);
});

test('docs/format.md has correct examples of member names', () => {
  const examples = tableUnder('Member names').filter(([key]) => unquoted(key) !== '');
  expect(examples.length).toBeGreaterThan(5);
  expect(examples.map(([, name]) => unquoted(name))).toEqual(examples.map(([key]) => memberName(unquoted(key))));
});
