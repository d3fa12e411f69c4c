import { describe, expect, test } from '@jest/globals';
import { countLargeFrames } from '../../../../src/archive/plan-frames.ts';
import { makeCrowdedAttributes, makeObjectAttributes } from '../../../../src/cli/demo/input/make-object-attributes.ts';
import { contentOfFolder, planObjects } from '../../../../src/cli/demo/input/plan-objects.ts';
import { bodySize } from '../../../../src/cli/demo/input/planned-object.ts';
import { hasRoomForStamp, hasRoomForStampTag } from '../../../../src/storage/provenance.ts';

function filesNamed(names: readonly string[]): Parameters<typeof planObjects>[0] {
  return contentOfFolder({
    files: names.map((name) => ({ relativePath: name, path: `/folder/${name}`, size: 5 })),
    skipped: [],
  });
}

const MANY = Array.from({ length: 400 }, (_, index) => `file-${index}.txt`);

describe('planObjects', () => {
  test('puts every key below the prefix of the rule', () => {
    const { objects } = planObjects(filesNamed(['a.txt', 'b/c.json']), {
      prefix: 'published/',
      hasEdgeCaseKeys: false,
    });
    expect(objects.map(({ key }) => key)).toEqual(['published/a.txt', 'published/b/c.json']);
  });

  test('leaves out files whose key would be too long for S3, and says so', () => {
    const name = 'x'.repeat(1020);
    const { objects, skipped } = planObjects(filesNamed([name]), { prefix: 'published/', hasEdgeCaseKeys: false });
    expect(objects).toEqual([]);
    expect(skipped).toEqual([{ relativePath: name, reason: 'its key would have more than 1024 bytes' }]);
  });

  test('writes a small share of the objects twice, and a single file only once', () => {
    const drafts = (names: readonly string[]): number =>
      planObjects(filesNamed(names), { prefix: '', hasEdgeCaseKeys: false }).objects.filter(({ draft }) => draft)
        .length;
    expect(drafts(MANY)).toBe(32);
    expect(drafts(['only.txt'])).toBe(0);
  });

  test('has drafts that arrive before, after and alongside their successors, and one witness that is written once', () => {
    const { objects } = planObjects(filesNamed(MANY), { prefix: '', hasEdgeCaseKeys: false });
    const timings = new Set(objects.flatMap(({ draft }) => (draft === undefined ? [] : [draft.timing])));
    expect([...timings].toSorted()).toEqual(['deleted', 'early', 'late', 'racing']);
    const witnesses = objects.filter(({ isWitness }) => isWitness === true);
    expect(witnesses).toHaveLength(1);
    expect(witnesses[0]?.draft).toBeUndefined();
    expect(witnesses[0]?.removal).toBeUndefined();
  });

  test('has a second witness of several frames, if the folder has an object of that size', () => {
    const sizes = { 'b.bin': 64_000_001, 'c.bin': 12_000_000, 'd.bin': 14_000_000, 'e.bin': 14_000_000 };
    const { bodies } = filesNamed(MANY);
    const large = Object.entries(sizes).map(([relativePath, size]) => ({
      relativePath,
      body: { kind: 'file' as const, path: `/folder/${relativePath}`, size },
    }));
    const content = { bodies: [...large, ...bodies], skipped: [] };
    const { objects } = planObjects(content, { prefix: '', hasEdgeCaseKeys: false });
    const witnesses = objects.filter(({ isWitness }) => isWitness === true);
    // The third object is a late draft.
    expect(witnesses.map(({ key }) => key)).toEqual(['e.bin', 'file-0.txt']);
  });

  test.each([0, 1, 2, 5, 8, 9, 12, 15])('adds a witness of several frames after %i files', (count) => {
    const content = filesNamed(MANY.slice(0, count));
    const { objects } = planObjects(content, { prefix: 'p/', hasEdgeCaseKeys: true });
    const large = objects.filter(({ isWitness, body }) => isWitness === true && bodySize(body) > 13_000_000);
    expect(large.map(({ key, draft, removal }) => [key, draft, removal])).toEqual([
      ['p/large/generated.bin', undefined, undefined],
    ]);
    expect(large.map(({ body }) => countLargeFrames(bodySize(body)))).toEqual([2]);
  });

  test('deletes added objects permanently, and files only to undelete them', () => {
    const { objects } = planObjects(filesNamed(MANY), { prefix: 'p/', hasEdgeCaseKeys: false });
    const removed = (how: string) => objects.filter(({ removal }) => removal === how).map(({ key }) => key);
    expect(removed('undone')).toHaveLength(8);
    expect(removed('restored')).toHaveLength(8);
    expect(removed('traveling')).toHaveLength(8);
    const files = new Set(MANY.map((name) => `p/${name}`));
    expect(removed('undone').every((key) => files.has(key))).toBe(true);
    expect([...removed('restored'), ...removed('traveling')].some((key) => files.has(key))).toBe(false);
    expect(objects.filter(({ key }) => files.has(key))).toHaveLength(MANY.length);
    expect(new Set(objects.map(({ key }) => key)).size).toBe(objects.length);
  });

  test('adds no object to delete if its key is taken or would be too long', () => {
    const names = MANY.map((_, index) => `${'x'.repeat(1012)}${String(index).padStart(5, '0')}`);
    const { objects } = planObjects(filesNamed(names), { prefix: '', hasEdgeCaseKeys: false });
    expect(objects).toHaveLength(MANY.length);
    const taken = [...MANY.slice(0, 20), 'file-9.txt.deleted', 'file-10.txt.deleted'];
    const planned = planObjects(filesNamed(taken), { prefix: '', hasEdgeCaseKeys: false });
    expect(planned.objects.map(({ key }) => key)).toEqual(taken);
  });

  test.each(['', 'published/'])('adds hard keys of up to 1,024 bytes below the prefix "%s", each once', (prefix) => {
    const { objects, skipped } = planObjects(filesNamed([]), { prefix, hasEdgeCaseKeys: true });
    const keys = objects.map(({ key }) => key);
    expect(skipped).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Math.max(...keys.map((key) => Buffer.byteLength(key)))).toBe(1024);
    expect(keys.every((key) => key.startsWith(prefix))).toBe(true);
  });
});

describe('makeObjectAttributes', () => {
  test('gives a key the same headers, metadata, tags and class each time', () => {
    expect(makeObjectAttributes('a/b.json')).toEqual(makeObjectAttributes('a/b.json'));
  });

  test('shows every header, tags from none to ten, non-ASCII metadata and several classes over many keys', () => {
    const drawn = MANY.map(makeObjectAttributes);
    const headers = new Set(drawn.flatMap(({ headers: own }) => Object.keys(own)));
    expect([...headers].toSorted()).toEqual([
      'cacheControl',
      'contentDisposition',
      'contentLanguage',
      'contentType',
      'expires',
      'websiteRedirectLocation',
    ]);
    expect(makeObjectAttributes('packed.gz').headers.contentEncoding).toBe('gzip');
    expect(new Set(drawn.map(({ tags }) => tags.length))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(drawn.some(({ metadata }) => /[^\x20-\x7e]/.test(metadata['author'] ?? ''))).toBe(true);
    expect(new Set(drawn.map(({ storageClass }) => storageClass)).size).toBe(5);
  });

  test('leaves room for the stamp in every demo object, though only in a tag of some', () => {
    const crowded = MANY.map(makeCrowdedAttributes).filter(({ metadata }) => !hasRoomForStamp(metadata));
    expect(crowded.length).toBeGreaterThan(0);
    expect(crowded.length).toBeLessThan(MANY.length / 10);
    expect(crowded.every(({ tags }) => hasRoomForStampTag(tags))).toBe(true);
    const sizes = crowded.map(({ metadata }) => Buffer.byteLength(Object.entries(metadata).flat().join('')));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
  });

  test('leaves room for the stamp in the metadata, without which versions cannot be distinguished', () => {
    expect(MANY.every((key) => hasRoomForStamp(makeObjectAttributes(key).metadata))).toBe(true);
  });
});
