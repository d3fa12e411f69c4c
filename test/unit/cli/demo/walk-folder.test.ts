import { lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DemoInputError } from '../../../../src/cli/demo/errors.ts';
import { chooseFiles } from '../../../../src/cli/demo/input/choose-files.ts';
import { walkFolder } from '../../../../src/cli/demo/input/walk-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'walk-folder-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('walkFolder', () => {
  test('finds regular files at any depth, in order of their paths', async () => {
    await mkdir(join(folder, 'b', 'deep'), { recursive: true });
    await writeFile(join(folder, 'b', 'deep', 'two.txt'), '22');
    await writeFile(join(folder, 'a.txt'), '');
    const { files, skipped } = await walkFolder(folder);
    expect(files.map(({ relativePath, size }) => [relativePath, size])).toEqual([
      ['a.txt', 0],
      ['b/deep/two.txt', 2],
    ]);
    expect(skipped).toEqual([]);
  });

  test('skips symbolic links, so that it follows no loop and no file from elsewhere, and says so', async () => {
    await symlink(folder, join(folder, 'loop'));
    expect(await walkFolder(folder)).toEqual({
      files: [],
      skipped: [{ relativePath: 'loop', reason: 'symbolic link' }],
    });
  });

  test('skips a name that is not UTF-8 and thus no valid key, and says so', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x61])]), 'x');
    const { files, skipped } = await walkFolder(folder);
    expect(files).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual(['its name is not UTF-8']);
  });

  test('skips a file that disappears before it is read, and finds the others', async () => {
    for (const name of ['a.txt', 'gone.txt', 'z.txt']) await writeFile(join(folder, name), 'x');
    const { files, skipped } = await walkFolder(folder, async (path) => {
      if (path.endsWith('gone.txt')) await rm(path);
      return lstat(path);
    });
    expect(files.map(({ relativePath }) => relativePath)).toEqual(['a.txt', 'z.txt']);
    expect(skipped).toEqual([{ relativePath: 'gone.txt', reason: 'cannot be read (ENOENT)' }]);
  });
});

describe('chooseFiles', () => {
  test.each([
    ['a folder that does not exist', 'missing', 'does not exist'],
    ['a file', 'file.txt', 'is not a folder'],
    ['an empty folder', 'empty', 'it is empty'],
    ['a folder of links', 'links', 'all 1 entries were skipped'],
  ])('refuses %s in one line', async (_what, name, reason) => {
    await writeFile(join(folder, 'file.txt'), 'x');
    await mkdir(join(folder, 'empty'));
    await mkdir(join(folder, 'links'));
    await symlink('nowhere', join(folder, 'links', 'link'));
    const choice = chooseFiles(join(folder, name));
    await expect(choice).rejects.toThrow(DemoInputError);
    await expect(choice).rejects.toThrow(new RegExp(`^[^\n]*${reason}$`));
  });
});
