import { expect, test } from '@jest/globals';
import { manifestEntry, manifestTargets } from '../../../src/packing/manifest-entry.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';
import { exampleRule } from '../../support/rules.ts';

const OBJECT = { bucket: 'source-bucket', key: 'dir/a', etag: 'e1', size: 5, eventTime: 1_700_000_000_000 };
const DESCRIPTION: ObjectDescription = {
  size: 5,
  etag: 'e1',
  lastModified: new Date(1_700_000_000_000),
  headers: {},
  metadata: {},
  storageClass: 'STANDARD_IA',
  tagCount: 0,
  missingMetadata: 0,
};

test('an entry has fields only for the properties that its object has', () => {
  const item = { object: OBJECT, messages: [], superseded: [] };
  const place = { frame: 3, frames: 1, offset: 512, crc32: 0xab };
  expect(manifestEntry(item, { description: DESCRIPTION, tags: [] }, place)).toStrictEqual({
    source_bucket: 'source-bucket',
    source_prefix: 'dir',
    object_name: 'a',
    relative_key: 'dir/a',
    tags: [],
    creation_time: '2023-11-14 22:13:20',
    etag: 'e1',
    size: 5,
    storage_class: 'STANDARD_IA',
    key: 'dir/a',
    event_time: '2023-11-14T22:13:20.000Z',
    crc32: '000000ab',
    frame: 3,
    offset: 512,
  });
});

test('an entry has the version, order, headers, metadata, tags and number of frames of an object', () => {
  const item = { object: { ...OBJECT, sequencer: '0A' }, messages: [], superseded: [] };
  const headers = { contentType: 'a/b' };
  const description = { ...DESCRIPTION, versionId: 'v', headers, metadata: { m: '1', n: '2' } };
  const tags = [{ key: 't', value: 'x' }];
  const place = { frame: 0, frames: 2, offset: 0, crc32: 1 };
  expect(manifestEntry(item, { description, tags }, place)).toMatchObject({
    sequencer: '0A',
    version_id: 'v',
    headers,
    metadata: [
      ['m', '1'],
      ['n', '2'],
    ],
    tags: [{ t: 'x' }],
    frames: 2,
  });
});

test('the targets of a manifest are the destinations of the rule, named as in the public implementation', () => {
  const rule = exampleRule({}, [
    { region: 'a', bucket: 'one' },
    { region: 'b', bucket: 'two', kmsKeyArn: 'arn', storageClass: 'GLACIER_IR' },
  ]);
  expect(manifestTargets(rule)).toStrictEqual([
    { region: 'a', bucket: 'one' },
    { region: 'b', bucket: 'two', kms_key_arn: 'arn', storage_class: 'GLACIER_IR' },
  ]);
});

test('an entry has the read time that orders its object, and says whether its event removed a version', () => {
  const item = { object: { ...OBJECT, isByRemoval: true as const }, messages: [], superseded: [] };
  const place = { frame: 0, frames: 1, offset: 0, crc32: 0 };
  const read = { description: DESCRIPTION, tags: [], readAt: 1_700_000_001_000 };
  expect(manifestEntry(item, read, place)).toMatchObject({ by_removal: true, read_time: '2023-11-14T22:13:21.000Z' });
});
