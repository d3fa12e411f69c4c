import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { folderPrefix, makeTemporaryFolder, removeStaleFolders } from '../../../../src/cli/command/temporary-folder.ts';

const HOUR = 3_600_000;
let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'stale-folders-'));
});

afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

test('removes the folders of ended processes, with everything in them', async () => {
  const [alive, dead] = [`${folderPrefix('demo', 17)}abcDEF`, `${folderPrefix('demo', 18)}abcDEF`];
  await mkdir(join(parent, alive));
  await mkdir(join(parent, dead, 'functions'), { recursive: true });
  await writeFile(join(parent, dead, 'functions', 'source.mjs'), '');
  await removeStaleFolders(parent, 'demo', (pid) => pid === 17);
  expect(await readdir(parent)).toEqual([alive]);
});

test('keeps reports, other folders and files', async () => {
  const others = ['demo-report.html', 'demo-archives', 'lambda-runtime', `${folderPrefix('demo', 18)}abcDEF.html`];
  await writeFile(join(parent, 'demo-report.html'), '');
  for (const name of others.slice(1)) await mkdir(join(parent, name));
  await writeFile(join(parent, `${folderPrefix('demo', 18)}abcDEF`), 'a file');
  await removeStaleFolders(parent, 'demo', () => false);
  expect(await readdir(parent)).toEqual([...others, `${folderPrefix('demo', 18)}abcDEF`].toSorted());
});

test('removes the folder of an earlier version, which names no process, after a day', async () => {
  await mkdir(join(parent, 'demo-abcDEF', 'functions'), { recursive: true });
  await removeStaleFolders(parent, 'demo', () => false, Date.now() + 23 * HOUR);
  expect(await readdir(parent)).toEqual(['demo-abcDEF']);
  await removeStaleFolders(parent, 'demo', () => false, Date.now() + 25 * HOUR);
  expect(await readdir(parent)).toEqual([]);
});

test("keeps a user's own folder, however old it is", async () => {
  await mkdir(join(parent, 'demo-output'));
  await writeFile(join(parent, 'demo-output', 'archive.tar.zst'), '');
  await removeStaleFolders(parent, 'demo', () => false, Date.now() + 25 * HOUR);
  expect(await readdir(parent)).toEqual(['demo-output']);
});

test('knows that its own process is running', async () => {
  await mkdir(join(parent, `${folderPrefix('demo', process.pid)}abcDEF`));
  await removeStaleFolders(parent, 'demo');
  expect(await readdir(parent)).toHaveLength(1);
});

test('creates the folder of a run in place of stale ones, and removes it when the run is cleaned up', async () => {
  await mkdir(join(parent, 'build', `${folderPrefix('demo', 2 ** 22 + 1)}abcDEF`), { recursive: true });
  const cleanup = new AsyncDisposableStack();
  const folder = await makeTemporaryFolder(join(parent, 'build'), 'demo', cleanup);
  expect((await readdir(join(parent, 'build'))).map((name) => join(parent, 'build', name))).toEqual([folder]);
  await cleanup.disposeAsync();
  expect(await readdir(join(parent, 'build'))).toEqual([]);
});
