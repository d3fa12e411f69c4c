import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { FORMAT_NAME } from '../../../src/archive/format.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../../../src/archive/manifest.ts';
import { itemAt, layOutArchive, readManifest, sealArchive } from '../../support/archives.ts';

const { manifest } = layOutArchive([{ key: 'a', body: Buffer.from('a') }]);
const DELETION = { source_bucket: 'source-bucket', key: 'gone', event_time: '2026-11-23T10:00:00.000Z' };

/** How a reader of version 1.0 checked the version, verbatim. */
function readAsVersion1(bytes: Buffer): void {
  const format = z.object({ name: z.literal(FORMAT_NAME), version: z.string().regex(/^\d+\.\d+$/) });
  const { version } = z.object({ format }).parse(JSON.parse(bytes.toString())).format;
  if (Number.parseInt(version, 10) === 1) return;
  throw new Error(`has format version ${version}; this reader knows version 1. Deploy the target region first.`);
}

describe('a manifest', () => {
  test('without deletions is one of version 1.0, byte for byte, even if it has an empty list', () => {
    expect(encodeManifest(manifest).subarray(0, 66).toString()).toBe(
      '{"format":{"name":"s3-cross-region-compressor","version":"1.0"},"r',
    );
    expect(encodeManifest({ ...manifest, deletions: [] })).toEqual(encodeManifest(manifest));
    expect(() => {
      readAsVersion1(encodeManifest(manifest));
    }).not.toThrow();
  });

  test('with deletions is refused by a reader of version 1.0, which says what to do', () => {
    expect(() => {
      readAsVersion1(encodeManifest({ ...manifest, deletions: [DELETION] }));
    }).toThrow('has format version 2.0; this reader knows version 1. Deploy the target region first.');
  });

  test('of version 1.x has no deletions, whatever it contains: readers of that version would ignore them', () => {
    const text = encodeManifest({ ...manifest, deletions: [DELETION] }).toString();
    expect(decodeManifest(Buffer.from(text.replace('"2.0"', '"1.1"')), 'x')).not.toHaveProperty('deletions');
    expect(decodeManifest(Buffer.from(text), 'x').deletions).toEqual([DELETION]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['without a key', { ...DELETION, key: undefined }],
    ['with an empty key', { ...DELETION, key: '' }],
    ['without a time', { ...DELETION, event_time: 'yesterday' }],
  ])('is refused for a deletion %s', (_, deletion) => {
    const bytes = encodeManifest({
      ...manifest,
      deletions: [deletion] as unknown as NonNullable<Manifest['deletions']>,
    });
    expect(() => decodeManifest(bytes, 'x')).toThrow(/deletions\.0/);
  });

  test('of version 2 without the list, and of version 3, are refused', () => {
    const text = encodeManifest(manifest).toString();
    expect(() => decodeManifest(Buffer.from(text.replace('"1.0"', '"2.0"')), 'x')).toThrow(/deletions/);
    expect(() => decodeManifest(Buffer.from(text.replace('"1.0"', '"3.0"')), 'x')).toThrow(/knows versions 1 and 2/);
  });
});

describe('an archive', () => {
  test('has objects and deletions, even of the same key, and no key deleted twice', () => {
    const parts = layOutArchive([{ key: 'a', body: Buffer.from('a') }]);
    const both = { ...parts.manifest, deletions: [{ ...DELETION, key: 'a' }, DELETION] };
    const read = readManifest(sealArchive({ ...parts, manifest: both }));
    expect(itemAt(read.objects, 0).key).toBe('a');
    expect(read.deletions?.map(({ key }) => key)).toEqual(['a', 'gone']);
  });
});
