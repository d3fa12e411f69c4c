import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { GIB } from '../../src/units.ts';

const SCRIPT = fileURLToPath(new URL('../support/send-large-object.ts', import.meta.url));

interface Report {
  readonly returned: readonly unknown[];
  readonly bytes: number;
  readonly crcAgrees: boolean;
  readonly archiveBytes: number;
  readonly peakMegabytes: number;
}

async function sendLargeObject(bytes: number): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, String(bytes)]);
  return JSON.parse(stdout) as Report;
}

describe('a large object', () => {
  test('of 1 GiB passes through both services in bounded memory', async () => {
    const report = await sendLargeObject(GIB);
    process.stdout.write(`1 GiB through both services: peak memory ${report.peakMegabytes} MB\n`);
    expect(report).toMatchObject({ returned: [], bytes: GIB, crcAgrees: true });
    expect(report.peakMegabytes).toBeLessThan(512);
  });
});
