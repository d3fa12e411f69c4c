import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES, findInvocable, INVOCABLE_FUNCTIONS } from '../../../../local-cloud/invocation/functions.ts';
import { namedObjects } from '../../../../local-cloud/invocation/named-objects.ts';
import { readEvent } from '../../../../local-cloud/invocation/read-event.ts';
import { isMultipartETag, makeSampleBody, makeSampleETag } from '../../../../local-cloud/invocation/sample-object.ts';
import { parseFileTask } from '../../../../src/backfill/file-task.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { findResource } from '../../../../src/deployment/resources.ts';
import { parseStackRequest } from '../../../../src/deployment/stack-request.ts';
import { splitCsvLine } from '../../../../src/inventory/csv-fields.ts';
import { parseNotification } from '../../../../src/messages/parse-notification.ts';
import { parseReplicationFailures } from '../../../../src/messages/parse-replication-failure.ts';
import { readQueueMessages } from '../../../../src/wiring/sqs-event.ts';
import { readManifest } from '../../../support/archives.ts';

const EVENTS = fileURLToPath(new URL('../../../../events', import.meta.url));
const FILES = readdirSync(EVENTS).filter((file) => file.endsWith('.json') && file !== 'env.json');
const FUNCTION_OF_FILE = new RegExp(`^(${FUNCTION_NAMES.join('|')})-`);
/** Events whose objects the deletion events remove. */
const CREATING = ['source-put.json', 'source-copy.json', 'source-eventbridge.json'];
const ARCHIVE = '20261120T090117437Z-1a7363667859298b6e8a187d10d22de9.tar.zst';

/** Bodies as the functions read them from an event. */
async function bodiesOf(file: string): Promise<string[]> {
  return readQueueMessages(await readEvent(join(EVENTS, file))).map(({ body }) => body);
}

async function createdIn(file: string) {
  return (await bodiesOf(file)).flatMap((body) => parseNotification(body).created);
}

describe('the events of the source function', () => {
  test.each([
    ['source-put.json', 'invoices/2026/11/INV-10293.json', 18_412],
    ['source-copy.json', 'archive/2025/INV-00017.json', 9_126],
    ['source-multipart.json', 'exports/ledger-2026-11-20.csv', 12_587_233],
    ['source-unicode-key.json', 'Verträge/C++ Schulung/日本 – Angebot №7 (50%).txt', 2_311],
    ['source-eventbridge.json', 'minutes/board meeting 2026-11.txt', 3_500],
  ])('%s creates %s', async (file, key, size) => {
    const created = await createdIn(file);
    expect(created).toEqual([expect.objectContaining({ bucket: 'example-documents', key, size })]);
    expect(created[0]?.sequencer).toMatch(/^[0-9A-F]{18}$/);
    expect(created[0]?.versionId).toHaveLength(32);
  });

  test('source-multipart.json has the ETag of a multipart upload', async () => {
    expect((await createdIn('source-multipart.json')).map(({ etag }) => etag)).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}-2$/),
    ]);
  });

  test('source-batch.json writes one key twice, the second time with the higher sequencer', async () => {
    const created = await createdIn('source-batch.json');
    expect(created.map(({ key }) => basename(key))).toEqual([
      'INV-10300.json',
      'INV-10301.json',
      'INV-10302.json',
      'INV-10300.json',
    ]);
    expect((created[3]?.sequencer ?? '') > (created[0]?.sequencer ?? '')).toBe(true);
  });

  test.each([
    [
      'source-deletions.json',
      [
        ['deleted', 'invoices/2026/11/INV-10293.json', 'Q7yT1hVnXb3KdLwE9sPzR0mJ5cGfUaN2'],
        ['version-removed', 'archive/2025/INV-00017.json', 'SjMIEqalNS4mAlkTD5OHF3aS.2kwWzQR'],
      ],
    ],
    [
      'source-eventbridge-deleted.json',
      [['deleted', 'minutes/board meeting 2026-11.txt', 'u3XpK8vRzLq0TnYw5cJhGfBdE1mS7aNo']],
    ],
  ] as const)('%s removes, as a user, what other events create, and creates nothing', async (file, removals) => {
    const notifications = (await bodiesOf(file)).map((body) => parseNotification(body));
    expect(notifications.flatMap(({ created }) => created)).toEqual([]);
    const removed = notifications.flatMap((notification) => notification.removed);
    expect(removed.map(({ removal, key, versionId }) => [removal, key, versionId])).toEqual(removals);
    const earlier = new Map((await Promise.all(CREATING.map(createdIn))).flat().map((object) => [object.key, object]));
    for (const { bucket, key, isByLifecycle, sequencer } of removed) {
      expect({ bucket, isByLifecycle }).toEqual({ bucket: 'example-documents', isByLifecycle: false });
      expect(sequencer).toMatch(/^[0-9A-F]{18}$/);
      expect((sequencer ?? '') > (earlier.get(key)?.sequencer ?? 'G')).toBe(true);
    }
  });

  test('source-test-event.json creates nothing and causes no error', async () => {
    expect((await bodiesOf('source-test-event.json')).map((body) => parseNotification(body))).toEqual([
      { created: [], removed: [], ignored: 1 },
    ]);
  });

  test('source-malformed.json cannot be parsed', async () => {
    const [body = ''] = await bodiesOf('source-malformed.json');
    expect(() => parseNotification(body)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
  });

  test.each(FILES.filter((file) => file.startsWith('source-')))('%s has the MD5 of its bodies', async (file) => {
    const { Records } = (await readEvent(join(EVENTS, file))) as { Records: { body: string; md5OfBody: string }[] };
    for (const { body, md5OfBody } of Records) expect(createHash('md5').update(body).digest('hex')).toBe(md5OfBody);
  });

  test('belong to a rule of the committed configuration', async () => {
    const { rules } = await loadConfiguration(join(EVENTS, '../configuration'));
    const env = JSON.parse(readFileSync(join(EVENTS, 'env.json'), 'utf8')) as Record<string, Record<string, string>>;
    const rule = rules.find(({ id }) => id === env['RuleExampleDocumentsA82747f3ed/Function']?.['RULE_ID']);
    expect(rule?.source).toMatchObject({ region: 'eu-west-1', bucket: 'example-documents', prefix: '' });
  });
});

describe('the other events', () => {
  test('target-archive.json names the committed archive, with its size and ETag', async () => {
    const bytes = readFileSync(join(EVENTS, 'archives', ARCHIVE));
    expect(await createdIn('target-archive.json')).toEqual([
      expect.objectContaining({
        bucket: 's3-cross-region-compressor-111122223333-us-east-1-inbound',
        key: `example-documents-a82747f3ed/${ARCHIVE}`,
        size: bytes.length,
        etag: makeSampleETag(bytes, false),
      }),
    ]);
  });

  test('target-deletions.json names the committed archive of deletions, with keys of target-archive.json', async () => {
    const [created] = await createdIn('target-deletions.json');
    const bytes = readFileSync(join(EVENTS, 'archives', basename(created?.key ?? '')));
    expect(created).toMatchObject({
      bucket: 's3-cross-region-compressor-111122223333-us-east-1-inbound',
      size: bytes.length,
      etag: makeSampleETag(bytes, false),
    });
    const { rule, deletions = [], objects } = readManifest(bytes);
    const restored = readManifest(readFileSync(join(EVENTS, 'archives', ARCHIVE)));
    expect({ rule, objects }).toEqual({ rule: restored.rule, objects: [] });
    expect(deletions.map(({ key }) => basename(key))).toEqual(['INV-10301.json', 'INV-10302.json']);
    const sequencers = new Map(restored.objects.map(({ key, sequencer = '' }) => [key, sequencer]));
    for (const { key, sequencer = '' } of deletions) expect(sequencer > (sequencers.get(key) ?? 'G')).toBe(true);
  });

  test('resend-replication-failure.json names the archive, its destination and the reason', async () => {
    expect((await bodiesOf('resend-replication-failure.json')).flatMap(parseReplicationFailures)).toEqual([
      expect.objectContaining({
        bucket: 's3-cross-region-compressor-111122223333-eu-west-1-outbound',
        key: `example-documents-a82747f3ed/${ARCHIVE}`,
        destination: 's3-cross-region-compressor-111122223333-us-east-1-inbound',
        reason: 'DstPutObjectNotPermitted',
      }),
    ]);
  });

  test('backfill-file.json names a data file of the example, with its MD5, that lists objects of other events', async () => {
    const task = parseFileTask(await readEvent(join(EVENTS, 'backfill-file.json')));
    const bytes = readFileSync(join(EVENTS, 'inventories', basename(task.file.key)));
    expect(createHash('md5').update(bytes).digest('hex')).toBe(task.file.md5);
    const { rules } = await loadConfiguration(join(EVENTS, '../configuration'));
    expect(rules.map(({ id }) => id)).toContain(task.job.rule);
    const rows = gunzipSync(bytes)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => splitCsvLine(line, 'the file'));
    const created = (await Promise.all(CREATING.map(createdIn))).flat();
    const listed = rows.map((row) =>
      Object.fromEntries(task.job.inventory.fields.map((field, index) => [field, row[index]])),
    );
    expect(listed.slice(0, created.length)).toEqual(
      created.map(({ key, size, etag }) =>
        expect.objectContaining({ Key: key.replaceAll(' ', '+'), Size: String(size), ETag: etag }),
      ),
    );
    // Archived and deleted objects are not queued.
    expect(listed.slice(created.length).map(({ StorageClass }) => StorageClass)).toEqual(['GLACIER', '']);
  });

  test.each(FILES.filter((file) => file.startsWith('deployment-')))(
    '%s is a valid request for one of our resources',
    async (file) => {
      const request = parseStackRequest(await readEvent(join(EVENTS, file)));
      expect(file).toContain(`-${request.RequestType.toLowerCase()}.json`);
      const identity = findResource(request).identify(request);
      expect(identity).toMatch(new RegExp(`^${request.LogicalResourceId}(:|$)`));
      if (request.RequestType !== 'Create') expect(request.PhysicalResourceId).toBe(identity);
    },
  );
});

describe('every event', () => {
  test.each(FILES)('%s has the shape and the region of its function', async (file) => {
    const [, name] = FUNCTION_OF_FILE.exec(file) ?? [];
    const known = INVOCABLE_FUNCTIONS.find((candidate) => candidate.name === name);
    if (known === undefined) throw new Error(`${file} is named after no function`);
    const { target } = findInvocable(known.name, await readEvent(join(EVENTS, file)), file);
    expect(target.name).toBe(name);
  });

  test.each(FILES.filter((file) => file.startsWith('source-')))(
    '%s has the ETags of its sample objects',
    async (file) => {
      const named = (await bodiesOf(file)).flatMap(namedObjects);
      expect(named.map(({ etag }) => etag)).toEqual(
        named.map(({ key, size, etag }) => makeSampleETag(makeSampleBody(key, size), isMultipartETag(etag))),
      );
    },
  );

  test('has a row in the table of events/README.md, which has no other rows', () => {
    const readme = readFileSync(join(EVENTS, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z-]+\.json)` \|/gm)].map(([, file = '']) => file);
    expect(rows.toSorted()).toEqual(FILES.toSorted());
  });

  test('names no account except that of the AWS documentation', () => {
    for (const file of FILES) {
      const accounts = readFileSync(join(EVENTS, file), 'utf8').match(/(?<=arn:aws:[a-z]+:[a-z0-9-]*:)\d{12}/g) ?? [];
      expect(accounts.filter((account) => account !== '111122223333')).toEqual([]);
    }
  });
});
