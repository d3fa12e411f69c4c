import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv-8';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';

const FOLDER = new URL('../../configuration/', import.meta.url);
const FILES = ['settings', 'replication_config'] as const;
/** Formats of the schema files; ajv itself knows none. */
const FORMATS = { email: true, date: true } as const;

/** Prints for each pair of a schema and a document `ok`, or what is wrong. */
const VALIDATE = `
import json, sys
from jsonschema import Draft7Validator
for schema_text, document in json.load(sys.stdin):
    schema = json.loads(schema_text)
    Draft7Validator.check_schema(schema)
    errors = [error.message for error in Draft7Validator(schema).iter_errors(document)]
    print(json.dumps(errors[0] if errors else "ok"))
`;

/** Invalid documents, with the complaint of a validator. */
const WRONG: readonly (readonly [file: (typeof FILES)[number], change: (document: Document) => Document])[] = [
  ['settings', (document) => ({ ...document, stack_name: 'with spaces' })],
  ['settings', (document) => ({ ...document, unknown: 1 })],
  ['settings', (document) => Object.fromEntries(Object.entries(document).filter(([key]) => key !== 'stack_name'))],
  ['replication_config', (document) => ({ ...document, replication_configuration: [{}] })],
];

type Document = Readonly<Record<string, unknown>>;

async function readText(name: string): Promise<string> {
  return await readFile(new URL(name, FOLDER), 'utf8');
}

async function readPair(name: (typeof FILES)[number]): Promise<readonly [schema: string, document: Document]> {
  const [schema, document] = await Promise.all([readText(`${name}.schema.json`), readText(`${name}.json`)]);
  return [schema, JSON.parse(document) as Document];
}

async function pairs(): Promise<readonly (readonly [schema: string, document: Document, isGood: boolean])[]> {
  const good = await Promise.all(FILES.map(async (name) => [...(await readPair(name)), true] as const));
  const wrong = await Promise.all(
    WRONG.map(async ([name, change]) => {
      const [schema, document] = await readPair(name);
      return [schema, change(document), false] as const;
    }),
  );
  return [...good, ...wrong];
}

describe('the JSON Schema files', () => {
  test("compile in ajv's strict mode, accept the committed configuration and reject mistakes", async () => {
    for (const [schema, document, isGood] of await pairs()) {
      const ajv = new Ajv({ strict: true, allErrors: true, formats: FORMATS });
      const validate = ajv.compile(JSON.parse(schema) as object);
      expect([validate(document), document]).toEqual([isGood, document]);
    }
  });

  test("give the same results in Python's jsonschema", async () => {
    const python = await preparePythonEnvironment('rehearsal', () => undefined);
    const all = await pairs();
    const running = promisify(execFile)(python, ['-c', VALIDATE]);
    running.child.stdin?.end(JSON.stringify(all.map(([schema, document]) => [schema, document])));
    const said = (await running).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string);
    expect(said.map((line) => line === 'ok')).toEqual(all.map(([, , isGood]) => isGood));
  });
});
