import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../../../src/cli/command/errors.ts';
import { prepareOutputs, writeOutputs } from '../../../../src/cli/demo/output-files.ts';

let root: string;
const at = (name: string): string => join(root, name);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'output-files-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('prepareOutputs', () => {
  test('creates the folders, and leaves no file behind in case the run fails', async () => {
    await prepareOutputs({ report: at('a/b/report.html'), json: at('c/numbers.json'), archives: at('d/e') });
    expect((await readdir(root, { recursive: true })).toSorted()).toEqual(['a', 'a/b', 'c', 'd', 'd/e']);
  });

  test('keeps the content of a file that will be replaced', async () => {
    await writeFile(at('report.html'), 'of the run before');
    await prepareOutputs({ report: at('report.html') });
    expect(await readFile(at('report.html'), 'utf8')).toBe('of the run before');
  });

  test.each([
    ['--report', 'a folder in place of the report', { report: 'folder' }, 'it is a folder, not a file'],
    ['--json', 'a folder in place of the numbers', { json: 'folder' }, 'it is a folder, not a file'],
    ['--json', 'a file in place of a folder', { json: 'file/numbers.json' }, 'a file with that name exists'],
    ['--archives', 'a file in place of the archives', { archives: 'file' }, 'a file with that name exists'],
    ['--json', 'one file for both', { json: 'report.html' }, 'the same file'],
  ])('names %s for %s', async (option, _what, names, reason) => {
    await mkdir(at('folder'));
    await writeFile(at('file'), '');
    const chosen = Object.fromEntries(Object.entries(names).map(([name, path]) => [name, at(path)]));
    const preparing = prepareOutputs({ report: at('report.html'), ...chosen });
    await expect(preparing).rejects.toThrow(UsageError);
    await expect(preparing).rejects.toThrow(new RegExp(`^${option}[^\n]*${reason}[^\n]*$`));
  });

  test('notices, even as root, that no file can be created', async () => {
    await expect(prepareOutputs({ report: '/proc/report.html' })).rejects.toThrow(/^--report: .* cannot be written: /);
  });
});

describe('writeOutputs', () => {
  test('writes what it can, and says in a sentence what it cannot write', async () => {
    await mkdir(at('folder'));
    const problems = await writeOutputs([
      [at('folder'), 'lost'],
      [at('numbers.json'), '{}'],
    ]);
    expect(problems).toEqual([`${at('folder')} could not be written: it is a folder, not a file`]);
    expect(await readFile(at('numbers.json'), 'utf8')).toBe('{}');
  });
});
