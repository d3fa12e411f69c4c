import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createRegionClients, destroyRegionClients } from '../../local-cloud/region-clients.ts';
import type { DemoObject } from '../../src/cli/demo/input/planned-object.ts';
import { Uploader, type UploadRecord } from '../../src/cli/demo/upload/uploader.ts';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

const ATTRIBUTES = { headers: {}, metadata: {}, tags: [], storageClass: 'STANDARD' };
const SIZE = 10;

let root: string;
let server: RecordingServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-upload-'));
  server = await startRecordingServer();
  server.script({ status: 200, headers: { etag: '"0123456789abcdef0123456789abcdef"' } });
});

afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

/** An object whose file matches the plan. */
async function planned(name: string): Promise<DemoObject> {
  const path = join(root, name);
  await writeFile(path, 'x'.repeat(SIZE));
  return { key: name, body: { kind: 'file', path, size: SIZE }, attributes: ATTRIBUTES };
}

async function upload(objects: readonly DemoObject[]): Promise<UploadRecord> {
  const clients = createRegionClients('eu-west-1', server.endpoint);
  try {
    const uploader = new Uploader({ s3: clients.s3, bucket: 'bucket' }, () => undefined);
    await uploader.draft(objects);
    await uploader.write(objects);
    return uploader.record;
  } finally {
    destroyRegionClients(clients);
  }
}

test('skips and names a file that grew and one that was deleted, and uploads the others', async () => {
  const [same, grown, gone] = [await planned('same'), await planned('grown'), await planned('gone')];
  await appendFile(join(root, 'grown'), 'more');
  await rm(join(root, 'gone'));
  const { objects, skipped } = await upload([same, grown, gone]);
  expect(objects.map(({ key }) => key)).toEqual(['same']);
  expect(skipped.map(({ relativePath }) => relativePath).toSorted()).toEqual(['gone', 'grown']);
  expect(skipped.map(({ reason }) => reason).join()).toContain(
    'it changed while it was being uploaded (it had 10 bytes)',
  );
  expect(server.requests).toHaveLength(1);
});

test('keeps the draft as the object if the bytes of the object are no longer available', async () => {
  const draft = { bytes: Buffer.from('draft'), timing: 'early' as const };
  const object = { ...(await planned('grown')), draft };
  await appendFile(join(root, 'grown'), 'more');
  const { objects, drafts, skipped } = await upload([object]);
  expect(objects).toMatchObject([{ key: 'grown', size: 'draft'.length, writes: [1, 1] }]);
  expect(drafts).toEqual([]);
  expect(skipped).toHaveLength(1);
});
