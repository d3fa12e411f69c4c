import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExtractionRefusedError } from '../../../../src/cli/archive/errors.ts';
import {
  type Extraction,
  type ExtractOptions,
  extractEntries,
  fileOf,
} from '../../../../src/cli/archive/extract-entries.ts';
import type { DamagedEntry, ReadableArchive } from '../../../../src/cli/archive/readable-archive.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extract-'));
});
afterEach(() => rm(folder, { recursive: true }));

function archiveOf(objects: Readonly<Record<string, string>>, damaged: readonly string[] = []): ReadableArchive {
  const entries = Object.entries(objects).map(([key, body]) => ({ key, size: body.length, storageClass: 'STANDARD' }));
  return {
    facts: { format: 'stream' },
    entries,
    read: async (wanted, visit) => {
      for (const [index, { key }] of entries.entries()) {
        if (wanted?.(index) === false) continue;
        await visit({ index, start: 0, bytes: Buffer.from(objects[key] ?? '') });
      }
      return entries.flatMap((entry): DamagedEntry[] =>
        damaged.includes(entry.key) ? [{ entry, reason: 'damaged' }] : [],
      );
    },
  };
}

function extract(
  readable: ReadableArchive,
  canOverwrite = false,
  onChunk: ExtractOptions['onChunk'] = () => undefined,
): Promise<Extraction> {
  return extractEntries(readable, { folder, canOverwrite, wanted: undefined, onChunk });
}

describe('extracting', () => {
  test('never leaves the folder, whatever the key is', () => {
    const segment = fc.oneof(fc.constantFrom('..', '.', '', '~', 'a', '%2E%2E', 'x'.repeat(300)), fc.string());
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        let file: string;
        try {
          file = fileOf(folder, segments.join('/'));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ExtractionRefusedError);
          return;
        }
        expect(file.startsWith(`${resolve(folder)}/`)).toBe(true);
      }),
    );
  });

  test('writes nothing through a symbolic link', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    await symlink(outside, join(folder, 'link'));
    await symlink(join(outside, 'file'), join(folder, 'file'));
    const { written, refused } = await extract(archiveOf({ 'link/evil': 'x', file: 'y', good: 'z' }), true);
    expect({ written, refused: refused.map(({ entry }) => entry.key) }).toEqual({ written: 2, refused: ['link/evil'] });
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('y');
    await rm(outside, { recursive: true });
  });

  test('keeps an existing file, and replaces it when told to', async () => {
    await writeFile(join(folder, 'a'), 'mine');
    expect((await extract(archiveOf({ a: 'theirs' }))).refused).toHaveLength(1);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine');
    expect((await extract(archiveOf({ a: 'theirs' }), true)).refused).toEqual([]);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('theirs');
  });

  test('refuses a key that needs a file where another needs a folder, and writes the rest', async () => {
    const { written, refused } = await extract(archiveOf({ a: '1', 'a/b': '2', c: '3' }));
    expect({ written, refused: refused.map(({ entry }) => entry.key) }).toEqual({ written: 2, refused: ['a/b'] });
    await mkdir(join(folder, 'd'));
    expect((await extract(archiveOf({ d: '1' }), true)).refused).toHaveLength(1);
  });

  test('leaves no file of a damaged object', async () => {
    const { written } = await extract(archiveOf({ bad: '1', good: '2' }, ['bad']));
    expect(written).toBe(1);
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  test('leaves no partial object when it is interrupted', async () => {
    const chunks = { a: 'whole', b: 'half', c: 'never' };
    const interrupt = ({ index }: { readonly index: number }): void => {
      if (index === 2) throw new Error('Ctrl-C');
    };
    await expect(extract(archiveOf(chunks), false, interrupt)).rejects.toThrow('Ctrl-C');
    expect(await readdir(folder)).toEqual(['a']);
  });
});
