import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { csvLine, FindingsFile } from '../../../../src/cli/verify/findings-file.ts';
import type { CopyFinding } from '../../../../src/verifying/dependencies.ts';
import { exampleRule } from '../../../support/rules.ts';

function finding(key: string): CopyFinding {
  const [destination] = exampleRule({}, [{ bucket: 'copies', region: 'us-east-1' }]).destinations;
  if (destination === undefined) throw new TypeError('The rule has no destination');
  return { kind: 'missing', destination, key, reason: '', sourceSize: 7 };
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'findings-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.each([
  ['=cmd|"/c calc"!A1', `"=cmd|""/c calc""!A1"`, `"'=cmd|""/c calc""!A1"`],
  ['+1', '+1', `"'+1"`],
  ['-1', '-1', `"'-1"`],
  ['@SUM(A1)', '@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', '\t=1', `"'\t=1"`],
  ['\r=1', '"\r=1"', `"'\r=1"`],
  ['\n=1', '"\n=1"', `"'\n=1"`],
  ['\uFF1D1', '\uFF1D1', `"'\uFF1D1"`],
  ['a=1, or "so"', '"a=1, or ""so"""', '"a=1, or ""so"""'],
  ["'quoted", "'quoted", "'quoted"],
])('keeps the key %j exact for programs, and as text for spreadsheets', (key, exact, safe) => {
  expect(csvLine(finding(key), false)).toBe(`missing,us-east-1,copies,${exact},7,,\n`);
  expect(csvLine(finding(key), true)).toBe(`missing,us-east-1,copies,${safe},7,,\n`);
});

test('warns in a file of exact keys that it must not be opened in a spreadsheet', async () => {
  const path = join(folder, 'findings.csv');
  const cautions: (string | undefined)[] = [];
  for (const [isForSpreadsheet, keys] of [
    [false, ['a']],
    [false, ['=1', 'a', '-1']],
    [true, ['=1']],
  ] as const) {
    await using file = await FindingsFile.open(path, { isResumed: false, isForSpreadsheet });
    for (const key of keys) file.add(finding(key));
    cautions.push(file.caution);
  }
  expect(cautions).toEqual([undefined, expect.stringMatching(/^2 keys in .* --spreadsheet/), undefined]);
  expect(await readFile(path, 'utf8')).toBe(
    `class,region,bucket,key,source_bytes,destination_bytes,reason\nmissing,us-east-1,copies,"'=1",7,,\n`,
  );
});
