import { expect, test } from '@jest/globals';
import { fitsKey, lostStorageClass, restorableObject, writeTarget } from '../../../src/restoring/restorable-object.ts';
import { planUpload } from '../../../src/restoring/resume-upload.ts';
import { originOf } from '../../../src/storage/provenance.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { textObject } from '../../support/target-region.ts';

const described = itemAt(layOutArchive([textObject('k', 'body')]).manifest.objects, 0);
const object = restorableObject(described, originOf('source-bucket'));
const to = (more: object = {}) => itemAt(exampleRule({}, [more]).destinations, 0);

test('an object of a manifest has the checksum of its source to meet', () => {
  expect(object).toMatchObject({ key: 'k', size: 4, crc32: Number.parseInt(described.crc32, 16) });
});

test('a storage class that no PUT takes becomes STANDARD, but where the destination has its own', () => {
  const outposts = { ...object, storageClass: 'OUTPOSTS' };
  expect(lostStorageClass(outposts, to())).toBe('OUTPOSTS');
  expect(writeTarget(outposts, to()).storageClass).toBe('STANDARD');
  expect(lostStorageClass(outposts, to({ storageClass: 'GLACIER' }))).toBeUndefined();
  expect(writeTarget(outposts, to({ storageClass: 'GLACIER' })).storageClass).toBe('GLACIER');
  expect(lostStorageClass({ ...object, storageClass: 'GLACIER_IR' }, to())).toBeUndefined();
  expect(writeTarget({ ...object, storageClass: 'GLACIER_IR' }, to()).storageClass).toBe('GLACIER_IR');
});

test('a key fits with its prefix where both are 1,024 bytes, and no more', () => {
  const destination = to({ targetPrefix: 'p/' });
  expect(fitsKey({ key: 'k'.repeat(1022) }, destination)).toBe(true);
  expect(fitsKey({ key: 'k'.repeat(1023) }, destination)).toBe(false);
  expect(fitsKey({ key: 'ü'.repeat(512) }, destination)).toBe(false);
});

test('an upload is one to be resumed from the size on that pays for it', () => {
  expect(planUpload(object, to(), 10, { resumableBytes: 4 })).toMatchObject({ crc32: object.crc32 });
  expect(planUpload(object, to(), 10, { resumableBytes: 5 })).toBeUndefined();
  const unknown = Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'crc32'));
  expect(planUpload(unknown as unknown as typeof object, to(), 10, { resumableBytes: 4 })).toBeUndefined();
});
