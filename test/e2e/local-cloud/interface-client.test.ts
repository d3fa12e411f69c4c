import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { installInterfaceClient } from '../../../local-cloud/lambda-runtime/interface-client.ts';

let packages: string;
let installed: string;

beforeEach(async () => {
  packages = await mkdtemp(join(tmpdir(), 'packages-'));
  installed = await mkdtemp(join(tmpdir(), 'installed-'));
});

afterEach(async () => {
  await rm(packages, { recursive: true });
  await rm(installed, { recursive: true });
});

describe('installInterfaceClient', () => {
  test('repeats the output of npm and leaves nothing behind if it fails', async () => {
    await writeFile(join(packages, 'package.json'), '{"dependencies":{"aws-lambda-ric":"4.0.2"}}');
    await writeFile(join(packages, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}');
    const lines: string[] = [];
    await expect(installInterfaceClient((line) => lines.push(line), { packages, installed })).rejects.toMatchObject({
      code: 'LAMBDA_PACKAGES_FAILED',
      message: expect.stringContaining('npm'),
    });
    expect(lines).toEqual([expect.stringContaining('once, about 100 seconds')]);
    expect(await readdir(installed)).toEqual([]);
  });
});
