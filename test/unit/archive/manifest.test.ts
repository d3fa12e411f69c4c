import { describe, expect, test } from '@jest/globals';
import { InvalidManifestError, UnsupportedArchiveError } from '../../../src/archive/errors.ts';
import { MAX_MANIFEST_DEPTH } from '../../../src/archive/format.ts';
import type { Manifest } from '../../../src/archive/manifest.ts';
import {
  decodeManifest,
  decodePublicManifest,
  encodeManifest,
  publicKeyFields,
} from '../../../src/archive/manifest.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';
import { HOSTILE_KEYS } from '../../support/hostile-keys.ts';

const ARCHIVE = 's3://inbound/rule/a.tar.zst';
const { manifest } = layOutArchive([
  {
    key: 'logs/a.json',
    body: Buffer.from('{}'),
    tags: [{ team: 'x' }, { ['__proto__']: 'y' }],
    metadata: [
      ['__proto__', 'polluted?'],
      ['name', 'Grüße 🙂'],
    ],
    headers: { contentType: 'application/json', expires: 'not a date' },
    sequencer: '0055AED6DCD90281E5',
  },
]);
const entry = itemAt(manifest.objects, 0);

/** The manifest as JSON with one field of the object replaced; undefined removes it. */
function withObjectField(field: string, value: unknown): Buffer {
  return jsonOf({ objects: [{ ...entry, [field]: value }] });
}

function jsonOf(fields: Record<string, unknown>): Buffer {
  const format = { name: 's3-cross-region-compressor', version: '1.0' };
  return Buffer.from(JSON.stringify({ format, ...manifest, ...fields }));
}

test('a manifest is read as it was written', () => {
  const decoded: Manifest = decodeManifest(encodeManifest(manifest), ARCHIVE);
  expect(decoded).toEqual({ format: { name: 's3-cross-region-compressor', version: '1.0' }, ...manifest });
  expect(Object.keys(itemAt(itemAt(decoded.objects, 0).tags, 1))).toEqual(['__proto__']);
});

describe('versions', () => {
  const declared = (version: string): Buffer => jsonOf({ format: { name: 's3-cross-region-compressor', version } });

  test.each(['1.1', '1.99'])('a later minor version, %s, is read and its unknown fields are dropped', (version) => {
    const later = { ...entry, color: 'red' };
    const format = { name: 's3-cross-region-compressor', version, hint: 1 };
    const decoded = decodeManifest(jsonOf({ format, shape: 'round', objects: [later] }), ARCHIVE);
    expect(decoded.objects).toEqual([entry]);
    expect(decoded).not.toHaveProperty('shape');
  });

  test.each(['3.0', '0.9', '11.0'])('another major version, %s, is refused as such', (version) => {
    expect(() => decodeManifest(declared(version), ARCHIVE)).toThrow(UnsupportedArchiveError);
    expect(() => decodeManifest(declared(version), ARCHIVE)).toThrow(`${ARCHIVE} has format version ${version}`);
  });

  test('another major version is refused as such even if its fields differ', () => {
    const format = { name: 's3-cross-region-compressor', version: '3.0' };
    expect(() => decodeManifest(Buffer.from(JSON.stringify({ format })), ARCHIVE)).toThrow(UnsupportedArchiveError);
  });

  test.each(['1', 'one', '1.0.0', ''])('a version spelled %j is invalid', (version) => {
    expect(() => decodeManifest(declared(version), ARCHIVE)).toThrow(InvalidManifestError);
  });
});

describe('an object entry is refused', () => {
  test.each([
    ['key', undefined],
    ['key', ''],
    ['key', 'k'.repeat(1025)],
    ['key', 'é'.repeat(513)],
    ['key', '\ud800'],
    ['size', -1],
    ['size', 1.5],
    ['size', 2 ** 53],
    ['size', '5'],
    ['offset', -512],
    ['frame', -1],
    ['frames', 0],
    ['crc32', 'DEADBEEF'],
    ['crc32', '123'],
    ['event_time', 'yesterday'],
    ['tags', null],
    ['tags', { team: 'x' }],
    ['tags', [{ Key: 'team', Value: 'x' }]],
    ['tags', [{}]],
    ['tags', [{ team: 5 }]],
    ['tags', [['team', 'x']]],
    ['tags', [['team']]],
    ['metadata', { name: 'x' }],
    ['metadata', [['name']]],
    ['metadata', [['name', 5]]],
    ['headers', { contentType: 5 }],
    ['relative_key', undefined],
    ['source_bucket', null],
  ])('when its %s is %j', (field, value) => {
    const decode = (): Manifest => decodeManifest(withObjectField(field, value), ARCHIVE);
    expect(decode).toThrow(InvalidManifestError);
    expect(decode).toThrow(`manifest.json of ${ARCHIVE} is not valid at "objects.0.${field}`);
  });
});

describe('bytes that are not a manifest', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['half of it', encodeManifest(manifest).subarray(0, 200)],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a number', Buffer.from('5')],
    ['null', Buffer.from('null')],
    ['a list', Buffer.from('[]')],
    ['another product', jsonOf({ format: { name: 'other', version: '1.0' } })],
    ['no objects', jsonOf({ objects: undefined })],
    ['no rule', jsonOf({ rule: '' })],
    ['a target without a bucket', jsonOf({ targets: [{ region: 'eu-west-1' }] })],
  ])('%s', (_what, bytes) => {
    expect(() => decodeManifest(bytes, ARCHIVE)).toThrow(InvalidManifestError);
  });

  const deep = MAX_MANIFEST_DEPTH + 1;
  test.each([
    ['deep lists', '['.repeat(1_000_000)],
    ['deep maps', '{"a":'.repeat(1_000_000)],
    ['lists one level too deep', '['.repeat(deep) + ']'.repeat(deep)],
    ['a million empty maps', `{"objects":[${'{},'.repeat(1_000_000)}{}]}`],
    ['a million empty lists', `{"objects":[${'[],'.repeat(1_000_000)}[]]}`],
  ])('%s are refused before they are parsed', (_what, json) => {
    const decode = (): Manifest => decodeManifest(Buffer.from(json), ARCHIVE);
    expect(decode).toThrow(InvalidManifestError);
    expect(decode).toThrow(/nested too deeply or has too many lists and maps/);
  });

  const distinct = (count: number, make: (name: string) => string) =>
    Array.from({ length: count }, (_, index) => make(index.toString(36))).join(',');
  test.each([
    ['millions of numbers', `[${'1,'.repeat(2_000_000)}1]`, /too many values/],
    ['a map of many unknown keys', `{${distinct(200_000, (name) => `"${name}":"value"`)}}`, /too many field names/],
    [
      'many maps of one unknown key',
      `[${distinct(200_000, (name) => `{"${name}":"a value"}`)}]`,
      /too many field names/,
    ],
  ])('%s are refused before the main thread parses them', (_what, json, message) => {
    expect(() => decodeManifest(Buffer.from(json), ARCHIVE)).toThrow(InvalidManifestError);
    expect(() => decodeManifest(Buffer.from(json), ARCHIVE)).toThrow(message);
  });

  test('what looks like fields and lists inside strings does not count', () => {
    const key = '\\"{[,:'.repeat(100);
    const metadata: [string, string][] = [['a', ',:,:,:,:'.repeat(20_000)]];
    const object = { ...entry, key, relative_key: key, metadata };
    expect(decodeManifest(jsonOf({ objects: [object] }), ARCHIVE).objects[0]?.key).toBe(key);
  });

  test('a long list of bad items is one problem, not a million', () => {
    const tags = Array.from({ length: 100_000 }, () => ({ team: 5 }));
    const decode = (): Manifest => decodeManifest(jsonOf({ targets: tags, objects: [{ ...entry, tags }] }), ARCHIVE);
    expect(decode).toThrow(expect.objectContaining({ context: expect.objectContaining({ problems: 2 }) }));
  });
});

test('brackets, quotes and backslashes inside strings are text', () => {
  const text = '[{"\\'.repeat(200);
  const metadata: [string, string][] = [
    ['name', text],
    ['\\', '"'],
  ];
  const decoded = decodeManifest(encodeManifest({ ...manifest, objects: [{ ...entry, metadata }] }), ARCHIVE);
  expect(itemAt(decoded.objects, 0).metadata).toEqual(metadata);
});

describe('the fields of the public implementation', () => {
  test.each([...HOSTILE_KEYS, 'a/b/c', 'a//b', '//a', 'a/'])('spell the key %j', (key) => {
    const { source_prefix, object_name } = publicKeyFields(key);
    expect(object_name).not.toBe('');
    expect(source_prefix === '' ? object_name : `${source_prefix}/${object_name}`).toBe(key);
  });

  test('are enough for a manifest that it wrote', () => {
    const object = { source_bucket: 'b', object_name: 'a.json', size: 5 };
    const bytes = Buffer.from(JSON.stringify({ targets: [{ region: 'r', bucket: 't' }], objects: [object] }, null, 4));
    expect(decodePublicManifest(bytes, ARCHIVE)).toEqual({
      targets: [{ region: 'r', bucket: 't' }],
      objects: [{ ...object, source_prefix: '', tags: [] }],
    });
  });

  test('are required in a manifest that it wrote', () => {
    const bytes = Buffer.from(JSON.stringify({ targets: [], objects: [{ source_bucket: 'b', size: 5 }] }));
    expect(() => decodePublicManifest(bytes, ARCHIVE)).toThrow(/objects\.0\.object_name/);
  });
});
