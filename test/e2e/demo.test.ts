import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { archiveDollars, type RuleCosts, ruleCosts } from '../../src/adaptive/cost-model.ts';
import { folderPrefix, removeStaleFolders } from '../../src/cli/command/temporary-folder.ts';
import type { MetricsSummary } from '../../src/cli/demo/metrics-summary.ts';
import { chooseRule } from '../../src/cli/demo/pipeline/choose-rule.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { readSourcePrices } from '../../src/wiring/source-prices.ts';
import { listAlive, listDescendants, type ProcessEntry, runDemo, startDemo, until } from '../support/demo-process.ts';

const run = promisify(execFile);
const CONFIGURATION = fileURLToPath(new URL('../../configuration', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
const SMALL_FILES = 60;
const LARGE_FILE_BYTES = 20 * 1024 * 1024;
/** Above the limit of functions in the test of the fallback, and seconds of work for a task. */
const HUGE_FILE_BYTES = 96 * 1024 * 1024;
/** For this folder: next to the files at certain positions among 50, the demo adds objects of its own. */
const DELETED = { deleted: 2, overtaken: 2, undeleted: 2, rewritten: 1 };
const TIMEOUT = 300_000;
/** In a C locale, GNU tar would print other names. */
const UTF8 = { ...process.env, LC_ALL: 'C.UTF-8' };

let root: string;
let files: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-test-'));
  files = join(root, 'files');
  await mkdir(join(files, 'deep folder', 'ünïcödé'), { recursive: true });
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const folder = index % 2 === 0 ? files : join(files, 'deep folder', 'ünïcödé');
    await writeFile(join(folder, `a+b ${index}.json`), JSON.stringify({ index, text: 'words '.repeat(index) }));
  }
  await writeFile(join(files, 'empty.txt'), '');
  await writeFile(join(files, 'large.bin'), '');
  await truncate(join(files, 'large.bin'), LARGE_FILE_BYTES);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function readNumbers(file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
}

/** The costs of the rule that the demo runs without `--fan-out`, at the prices of the file. */
async function costsOfTheDemo(): Promise<RuleCosts> {
  const configuration = await loadConfiguration(CONFIGURATION);
  const rule = chooseRule(configuration.rules, false);
  const settings = { PRICES: undefined, CONFIGURATION_DIRECTORY: CONFIGURATION };
  return ruleCosts(rule, await readSourcePrices(settings, configuration, rule));
}

/** Compares the functions' metrics with what the demo found in the archives themselves, and with what that costs. */
async function expectMetricsToAgree(numbers: Record<string, unknown>): Promise<void> {
  const { metrics, archives, packed, compressedBytes, transferDollars, packingCpuSeconds } = numbers as unknown as {
    metrics: MetricsSummary;
    archives: number;
    packed: { objects: number; bytes: number };
    compressedBytes: number;
    transferDollars: { perGigabyte: number };
    packingCpuSeconds: number;
  };
  expect(metrics.objectsPacked).toBe(packed.objects);
  expect(metrics.originalBytes).toBe(packed.bytes);
  expect(metrics.archiveBytes).toBe(compressedBytes);
  const saved = ((packed.bytes - compressedBytes) / 2 ** 30) * transferDollars.perGigabyte;
  expect(Math.abs(metrics.dollars.transferSavings - saved)).toBeLessThan(1e-9);
  expect(packingCpuSeconds).toBeGreaterThan(0);
  const dollars = archiveDollars(await costsOfTheDemo(), {
    archives,
    objects: packed.objects,
    originalBytes: packed.bytes,
    archiveBytes: compressedBytes,
    cpuSeconds: packingCpuSeconds,
  });
  expect(Math.abs(metrics.dollars.transferSavings - dollars.transferSavings)).toBeLessThan(1e-9);
  // Packing is charged by its wall time; everything else but the uploads of large objects is as in the model.
  expect(metrics.dollars.packing).toBeGreaterThan(0);
  const others = dollars.netBenefit + dollars.computeCost - (metrics.dollars.netBenefit + metrics.dollars.packing);
  expect(others).toBeGreaterThan(-1e-9);
  expect(others).toBeLessThan(5e-4);
  expect(metrics.objectsRestored).toBeGreaterThanOrEqual(Number(numbers['identical']));
  for (const { p50, p90, p99, maximum } of Object.values(metrics.latencySeconds)) {
    const seconds = [p50, p90, p99, maximum].map(Number);
    expect(seconds).toEqual(seconds.toSorted((left, right) => left - right));
    expect(seconds[0]).toBeGreaterThan(0);
    // The distribution may be off by 2%.
    expect(seconds[3]).toBeLessThan(1.02 * Number(numbers['seconds']) + 1);
  }
  // Only the objects of the damaged archive, which must be refused.
  expect(metrics.failures).toEqual({ downloads: 0, uploads: 0, restores: expect.any(Number), statistics: 0 });
  const { damagedArchives, refusedArchives } = numbers;
  // A small object and one of several frames, which may be in different archives.
  expect([1, 2]).toContain(damagedArchives);
  expect(refusedArchives).toBe(damagedArchives);
  expect(numbers).toMatchObject({ violations: [] });
}

function paths(name: string): { json: string; report: string; archives: string } {
  return { json: join(root, `${name}.json`), report: join(root, `${name}.html`), archives: join(root, name) };
}

describe('npm run demo', () => {
  test(
    'replicates a folder, proves it in numbers and a report, and keeps archives that other tools can read',
    async () => {
      const { json, report, archives } = paths('plain');
      const args = ['--source', files, '--json', json, '--report', report, '--archives', archives];
      const { status, stdout, stderr } = await runDemo(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const objects = SMALL_FILES + 2;
      expect(stdout.trimEnd().endsWith(`${objects} objects identical, 0 lost, 0 altered`)).toBe(true);
      // Not a terminal: no escape sequence may get into a log.
      expect(stdout).not.toContain('\u001b');
      const numbers = await readNumbers(json);
      expect(numbers).toMatchObject({ objects, identical: objects, lost: 0, altered: 0, deadLettered: 0 });
      await expectMetricsToAgree(numbers);
      expect(numbers['ratio']).toBeGreaterThan(10);
      expect(await readFile(report, 'utf8')).toContain(`${objects} objects identical`);

      const kept = await readdir(archives);
      const { archives: deleting } = numbers['deletions'] as { archives: number };
      expect(deleting).toBeGreaterThan(0);
      expect(kept).toHaveLength((numbers['archives'] as number) + deleting);
      const members = new Set<string>();
      for (const name of kept) {
        await run('zstd', ['-tq', join(archives, name)]);
        const { stdout: list } = await run('tar', ['--zstd', '-tf', join(archives, name)], { env: UTF8 });
        for (const member of list.trimEnd().split('\n')) members.add(member);
      }
      expect(members).toContain('objects/deep folder/ünïcödé/a+b 1.json');
      // Includes the manifest, and objects that were deleted.
      expect(members.size).toBe(objects + 1 + DELETED.deleted + DELETED.overtaken);
      expect(numbers).toMatchObject({ deletions: DELETED });
      const { metrics } = numbers as unknown as { metrics: MetricsSummary };
      // An object that was overtaken never arrived, so there was nothing to delete.
      expect(metrics.objectsDeleted).toBe(DELETED.deleted + DELETED.undeleted + DELETED.rewritten);
      expect(metrics.deletionsPacked).toBeGreaterThanOrEqual(metrics.objectsDeleted + DELETED.overtaken);
      expect(stdout).toMatch(/Deleted and undeleted +│ +2 /);
    },
    TIMEOUT,
  );

  test(
    'loses and alters nothing in two target regions when calls fail and workers are killed',
    async () => {
      const { json, report } = paths('faults');
      const source = join(files, 'deep folder');
      const args = [
        '--source',
        source,
        '--fan-out',
        '--faults',
        '0.1',
        '--level',
        '3',
        '--json',
        json,
        '--report',
        report,
      ];
      const { status, stdout, stderr } = await runDemo(...args);
      // The whole output, since a run with other faults may not fail again.
      if (status !== 0) throw new Error(`The demo ended with status ${status}:\n${stdout}\n${stderr}`);
      const numbers = await readNumbers(json);
      expect(numbers).toMatchObject({
        objects: SMALL_FILES / 2,
        identical: SMALL_FILES / 2,
        lost: 0,
        altered: 0,
        deadLettered: 0,
        regions: ['us-east-1', 'ap-southeast-2'],
        deletions: { deleted: 1, overtaken: 1, undeleted: 1, rewritten: 1 },
        violations: [],
      });
      const { failedCalls } = numbers['faults'] as Record<string, number>;
      expect(failedCalls).toBeGreaterThan(0);
    },
    TIMEOUT,
  );

  test(
    'leaves large objects to fallback tasks, which are killed and reclaimed while DynamoDB is down, and loses nothing',
    async () => {
      const { json, report } = paths('fallback');
      const source = join(root, 'fallback');
      await mkdir(source);
      await writeFile(join(source, 'small.txt'), 'small');
      await writeFile(join(source, 'huge.bin'), '');
      await truncate(join(source, 'huge.bin'), HUGE_FILE_BYTES);
      const args = ['--source', source, '--fallback-over', '32MiB', '--faults', '0.01'];
      const { status, stdout, stderr } = await runDemo(...args, '--json', json, '--report', report);
      if (status !== 0) throw new Error(`The demo ended with status ${status}:\n${stdout}\n${stderr}`);
      expect(stdout).toContain('2 objects identical, 0 lost, 0 altered');
      const numbers = await readNumbers(json);
      // On each side, one task is killed and one is reclaimed.
      expect(numbers['fallback']).toMatchObject({ killedTasks: 2, reclaimedTasks: 2 });
      const { packed, restored } = numbers['fallback'] as Record<string, { objects: number; bytes: number }>;
      expect(packed?.bytes).toBeGreaterThanOrEqual(HUGE_FILE_BYTES);
      expect(restored?.bytes).toBeGreaterThanOrEqual(HUGE_FILE_BYTES);
      // Levels are chosen without statistics, and the output reports that they are lost.
      const { failures } = numbers['metrics'] as { failures: { statistics: number } };
      expect(failures.statistics).toBeGreaterThan(0);
      expect(await readFile(report, 'utf8')).toContain('fallback tasks reclaimed while busy');
    },
    TIMEOUT,
  );

  test(
    'replicates one empty file',
    async () => {
      const { json, report } = paths('empty');
      const source = join(root, 'one empty file');
      await mkdir(source);
      await writeFile(join(source, 'empty'), '');
      const { status, stdout } = await runDemo('--source', source, '--json', json, '--report', report);
      expect({ status, stdout }).toMatchObject({ status: 0 });
      expect(stdout).toContain('1 object identical, 0 lost, 0 altered');
      expect(await readNumbers(json)).toMatchObject({ objects: 1, bytes: 0, packedAgain: 1, identical: 1 });
    },
    TIMEOUT,
  );

  test.each([
    ['an unknown option', ['--sauce', 'x'], '--sauce'],
    ['a missing folder', ['--source', 'no/such/folder'], 'does not exist'],
    ['an empty folder name', ['--source', ''], 'must not be empty'],
    ['a folder in place of the file for the numbers', ['--json', tmpdir()], 'it is a folder, not a file'],
  ])('ends with status 2, the reason and a pointer to the help for %s', async (_what, args, reason) => {
    const { status, stdout, stderr } = await runDemo(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^error: /), 'Try: s3xrc demo --help']);
  });

  test.each(['Starting the emulated regions', 'uploaded', 'packed', 'restored', 'verified'])(
    'leaves no process and no folder when Ctrl-C is pressed after "%s"',
    async (stage) => {
      const { child, outcome, printed, pressCtrlC } = startDemo('--source', files, '--report', paths('ended').report);
      await printed(stage);
      const processes = await listDescendants(child.pid ?? 0);
      pressCtrlC();
      expect((await outcome).status).toBe(130);
      await until(async () => (await listAlive(processes)).length === 0);
      expect(await foldersOf(child.pid ?? 0)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'ends at once when Ctrl-C is pressed again',
    async () => {
      const { child, outcome, pressCtrlC } = startDemo('--source', files, '--report', paths('twice').report);
      const processes = await untilAtWork(child.pid ?? 0);
      pressCtrlC();
      pressCtrlC();
      expect((await outcome).status).toBe(130);
      await until(async () => (await listAlive(processes)).length === 0);
      expect(await foldersOf(child.pid ?? 0)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'leaves no process behind after SIGKILL, and leaves its folder to the next run',
    async () => {
      const { child, outcome } = startDemo('--source', files, '--report', paths('killed').report);
      const processes = await untilAtWork(child.pid ?? 0);
      child.kill('SIGKILL');
      expect((await outcome).signal).toBe('SIGKILL');
      await until(async () => (await listAlive(processes)).length === 0);
      expect(await foldersOf(child.pid ?? 0)).toHaveLength(1);
      await removeStaleFolders(BUILD, 'demo');
      expect(await foldersOf(child.pid ?? 0)).toEqual([]);
    },
    TIMEOUT,
  );
});

/** Waits until the servers and one function are running, and names all processes of the demo. */
async function untilAtWork(pid: number): Promise<readonly ProcessEntry[]> {
  let processes: ProcessEntry[] = [];
  await until(async () => {
    processes = await listDescendants(pid);
    return processes.some(({ command }) => command.includes('source.mjs'));
  });
  return processes;
}

/** The folders of runs in `build`. */
async function foldersOf(pid: number): Promise<string[]> {
  return (await readdir(BUILD)).filter((name) => name.startsWith(folderPrefix('demo', pid)));
}
