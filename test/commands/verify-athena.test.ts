import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient, GetQueryExecutionCommand, ListQueryExecutionsCommand } from '@aws-sdk/client-athena';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { backfillQueueName, ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { generateInventory } from '../support/generated-inventory.ts';
import { TARGET as REGION, settingsOf, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';
import { type Interpreter, startInterpreter } from '../support/state-machine/start-interpreter.ts';

const RULE = {
  source: { region: REGION, bucket: 'objects', prefix_filter: 'in/' },
  destinations: [{ region: REGION, bucket: 'restored', target_prefix: 'copy/' }],
};
const manifestOf = (bucket: string): string => `s3://lists/${bucket}/all/2026-11-28T01-00Z/manifest.json`;
const INVENTORIES = ['--inventory', manifestOf('objects'), '--destination-inventory', manifestOf('restored')];

let folder = '';
let server: Interpreter;
let athena: AthenaClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-athena-'));
  await writeConfiguration(folder, [RULE], settingsOf({ [REGION]: ['source', 'target'] }));
  server = await startInterpreter(() => Promise.reject(new Error('there are no functions')));
  const access = {
    endpoint: server.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  athena = new AthenaClient(access);
  const s3 = new S3Client({ ...access, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'lists' }));
  for (const bucket of ['objects', 'restored']) {
    const place = { bucket, fileBucket: 'lists', folder: bucket, format: 'Parquet' as const, fileRows: 10 };
    const Key = manifestOf(bucket).slice('s3://lists/'.length);
    await s3.send(new PutObjectCommand({ Bucket: 'lists', Key, Body: generateInventory([], place).manifest }));
  }
  s3.destroy();
});
afterAll(async () => {
  athena.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

function s3xrc(...args: readonly string[]): Promise<Outcome> {
  const common = ['verify', 'objects', '--engine', 'athena', '--configuration', folder, ...INVENTORIES];
  return runS3xrc([...common, ...args], { env: accessTo(server.endpoint) });
}

/** Results for the queries of the next command, after the four statements that create the tables: moto runs none. */
async function willGive(...results: readonly (readonly (readonly (string | undefined)[])[])[]): Promise<void> {
  const rowOf = (values: readonly (string | undefined)[]) => ({
    Data: values.map((value) => (value === undefined ? {} : { VarCharValue: value })),
  });
  await fetch(`${server.endpoint}/moto-api/static/athena/query-results`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      region: REGION,
      results: [[], [], [], [], ...results, [], []].map((rows) => ({ rows: rows.map(rowOf), column_info: [] })),
    }),
  });
}

async function statements(): Promise<string[]> {
  const { QueryExecutionIds = [] } = await athena.send(new ListQueryExecutionsCommand({}));
  const queries = await Promise.all(
    QueryExecutionIds.map((QueryExecutionId) => athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))),
  );
  return queries.map(({ QueryExecution }) => QueryExecution?.Query ?? '');
}

const COUNTS = [
  ['class', 'keys', 'bytes'],
  ['equal', '999999990', '5'],
  ['missing', '1', '5'],
  ['different', '1', '5'],
  ['left-out', '7', '5'],
] as const;
const FINDINGS = [
  ['class', 'key', 'source_size', 'copy_size'],
  ['different', 'in/a, "b"', '10', '9'],
  ['missing', 'in/ü', '10', undefined],
] as const;

describe('s3xrc verify --engine athena', () => {
  test('creates the tables, counts, names what is wrong, and drops the tables', async () => {
    await willGive(COUNTS, FINDINGS);
    const csv = join(folder, 'findings.csv');
    const { status, stdout, stderr } = await s3xrc('--csv', csv, '--athena-output', 's3://lists/results/');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('Athena joins s3://lists/objects/all/hive/dt=2026-11-28-01-00/'),
    });
    expect(stdout).toContain('999,999,990 equal');
    expect(stdout).toContain('1 missing');
    expect(stdout).toContain('in/ü');
    expect(await readFile(csv, 'utf8')).toBe(
      `class,region,bucket,key,source_bytes,destination_bytes,reason\ndifferent,${REGION},restored,"in/a, ""b""",10,9,9 bytes instead of 10\nmissing,${REGION},restored,in/ü,10,,\n`,
    );
    const run = (await statements()).map((sql) => sql.split(/\s/, 2).join(' '));
    expect(run.toSorted()).toEqual([
      'CREATE EXTERNAL',
      'CREATE EXTERNAL',
      'DROP TABLE',
      'DROP TABLE',
      'DROP TABLE',
      'DROP TABLE',
      'WITH source',
      'WITH source',
    ]);
  });

  test('asks for no names if nothing is wrong', async () => {
    const before = (await statements()).length;
    await willGive([
      ['class', 'keys', 'bytes'],
      ['equal', '5', '5'],
      ['not-due', '2', '5'],
    ]);
    const { status, stdout } = await s3xrc('--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ equal: 5, notDue: 2, missing: 0, compared: 7 });
    expect((await statements()).length - before).toBe(7);
  });

  test('queues what is missing or older with --repair, and nothing that requires a human decision', async () => {
    const access = {
      endpoint: server.endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const sqs = new SQSClient(access);
    const rule = (await loadConfiguration(folder)).rules[0]?.id ?? '';
    const QueueName = backfillQueueName(ruleResourceName('app', rule));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const written = Date.UTC(2026, 10, 20) / 1000;
    await willGive(COUNTS, [
      ['class', 'key', 'source_size', 'copy_size', 'source_etag', 'source_modified'],
      ['different', 'in/a', '10', '9', 'e1', String(written)],
      ['extra', 'in/b', undefined, '9', undefined, undefined],
      ['missing', 'in/ü', '10', undefined, 'e3', String(written)],
      ['older', 'in/z', '11', '11', 'e4', String(written + 1)],
    ]);
    const { status, stdout, stderr } = await s3xrc('--repair', '--yes');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('were not queued') });
    expect(stdout).toContain('2 queued for repair');
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    sqs.destroy();
    const created = Messages.flatMap(({ Body = '' }) => parseNotification(Body).created);
    expect(created.map(({ key, etag, size }) => [key, etag, size]).toSorted()).toEqual([
      ['in/z', 'e4', 11],
      ['in/ü', 'e3', 10],
    ]);
  });

  test('writes the SQL for a person to run, and runs nothing', async () => {
    const before = (await statements()).length;
    const sql = join(folder, 'verify.sql');
    const { status, stdout } = await s3xrc('--sql', sql);
    expect([status, stdout]).toEqual([0, `Wrote ${sql}: run it in Athena in ${REGION}.\n`]);
    const text = await readFile(sql, 'utf8');
    expect(text.match(/CREATE EXTERNAL TABLE/g)).toHaveLength(2);
    expect(text).toContain(`substr(full_key, 1, 8) = 'copy/in/'`);
    expect(await statements()).toHaveLength(before);
  });

  test.each([
    [['--checksums'], '--checksums requires --engine local'],
    [
      ['--destination-inventory', 'b', 'c'],
      'add --inventory, and --destination-inventory with a manifest for each of the 1 destinations',
    ],
  ])('refuses %j', async (args, reason) => {
    const { status, stderr } = await s3xrc(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(reason);
  });
});
