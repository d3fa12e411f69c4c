import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ExistingResult } from '../../src/cli/demo/existing/existing-result.ts';
import { runDemo } from '../support/demo-process.ts';

const OBJECTS = 600;
const TIMEOUT = 300_000;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-existing-'));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

test(
  'a bucket with existing objects is backfilled under faults while it is overwritten, then verified, damaged and repaired',
  async () => {
    const json = join(root, 'existing.json');
    const args = ['--existing', '--objects', String(OBJECTS), '--faults', '0.03', '--json', json];
    const { status, stdout, stderr } = await runDemo(...args);
    if (status !== 0) throw new Error(`The demo ended with status ${status}:\n${stdout}\n${stderr}`);
    const result = JSON.parse(await readFile(json, 'utf8')) as ExistingResult;
    const none = { missing: 0, older: 0, different: 0, foreign: 0, notDue: 0 };
    expect(result).toMatchObject({
      objects: OBJECTS,
      queued: OBJECTS,
      overwritten: OBJECTS / 20,
      verified: { ...none, equal: OBJECTS, extra: 0, archived: 3 },
      planted: 50,
      found: 50,
      // Five objects were added without events.
      healed: { ...none, equal: OBJECTS + 5, extra: 10 },
      verification: { identical: OBJECTS + 5, lost: 0, altered: 0 },
      deadLetters: [],
      problems: [],
    });
    expect(result.repaired).toBeGreaterThanOrEqual(40);
    expect(result.faults.failedCalls).toBeGreaterThan(0);
    expect(stdout).toContain('50 of 50 differences found, each with the right kind');
    expect(stdout.trimEnd().endsWith(`${OBJECTS + 5} objects identical, 0 lost, 0 altered`)).toBe(true);
  },
  TIMEOUT,
);
