import { expect, test } from '@jest/globals';
import {
  fitsKey,
  lostStorageClass,
  makeRestorableObject,
  makeWriteTarget,
  writtenBeforeRemoval,
} from '../../../src/restoring/restorable-object.ts';
import { planUpload } from '../../../src/restoring/resume-upload.ts';
import { originOf } from '../../../src/storage/provenance.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { textObject } from '../../support/target-region.ts';

const described = itemAt(layOutArchive([textObject('k', 'body')]).manifest.objects, 0);
const object = makeRestorableObject(described, originOf('source-bucket'));
const to = (more: object = {}) => itemAt(exampleRule({}, [more]).destinations, 0);

test('an object is checked against the checksum in its manifest entry', () => {
  expect(object).toMatchObject({ key: 'k', size: 4, crc32: Number.parseInt(described.crc32, 16) });
});

test('only an object sent because a version was removed has the time at which it was written', () => {
  const creation_time = '2023-11-14 22:13:20';
  const current = makeRestorableObject({ ...described, creation_time, by_removal: true }, originOf('source-bucket'));
  expect(current.writtenAt).toBe(1_700_000_000_000);
  expect('writtenAt' in makeRestorableObject({ ...described, creation_time }, originOf('source-bucket'))).toBe(false);
  expect(writtenBeforeRemoval({ by_removal: true, creation_time: 'then' })).toBeUndefined();
});

test('an object found by a listing has the time at which it was read', () => {
  const listed = Object.fromEntries(Object.entries(described).filter(([name]) => name !== 'sequencer'));
  const read_time = '2023-11-14T22:13:21.000Z';
  const read = makeRestorableObject({ ...(listed as typeof described), read_time }, originOf('source-bucket'));
  expect(read.stamp.readAt).toBe(1_700_000_001_000);
  expect(object.stamp.readAt).toBeUndefined();
});

test('an object is encrypted with the key of its destination, if there is one', () => {
  expect(makeWriteTarget(object, to({ kmsKeyArn: 'arn:aws:kms:us-east-1:1:key/k' })).kmsKeyArn).toMatch(/key\/k$/);
  expect('kmsKeyArn' in makeWriteTarget(object, to())).toBe(false);
});

test('a storage class that PUT does not accept becomes STANDARD, unless the destination sets its own', () => {
  const outposts = { ...object, storageClass: 'OUTPOSTS' };
  expect(lostStorageClass(outposts, to())).toBe('OUTPOSTS');
  expect(makeWriteTarget(outposts, to()).storageClass).toBe('STANDARD');
  expect(lostStorageClass(outposts, to({ storageClass: 'GLACIER' }))).toBeUndefined();
  expect(makeWriteTarget(outposts, to({ storageClass: 'GLACIER' })).storageClass).toBe('GLACIER');
  expect(lostStorageClass({ ...object, storageClass: 'GLACIER_IR' }, to())).toBeUndefined();
  expect(makeWriteTarget({ ...object, storageClass: 'GLACIER_IR' }, to()).storageClass).toBe('GLACIER_IR');
});

test('a key fits if it has at most 1,024 bytes with its prefix', () => {
  const destination = to({ targetPrefix: 'p/' });
  expect(fitsKey({ key: 'k'.repeat(1022) }, destination)).toBe(true);
  expect(fitsKey({ key: 'k'.repeat(1023) }, destination)).toBe(false);
  expect(fitsKey({ key: 'ü'.repeat(512) }, destination)).toBe(false);
});

test('an upload is resumable if it has at least the configured size', () => {
  expect(planUpload(object, to(), 10, { resumableBytes: 4 })).toMatchObject({ crc32: object.crc32 });
  expect(planUpload(object, to(), 10, { resumableBytes: 5 })).toBeUndefined();
  const unknown = Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'crc32'));
  expect(planUpload(unknown as unknown as typeof object, to(), 10, { resumableBytes: 4 })).toBeUndefined();
});
