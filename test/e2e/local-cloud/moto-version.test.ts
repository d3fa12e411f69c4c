import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startAwsServer } from '../../../local-cloud/aws-server.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'moto-version-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

/** A Python that seems to have another version of moto. */
async function pythonWithMoto(version: string): Promise<string> {
  const metadata = path.join(root, 'packages', `moto-${version}.dist-info`);
  await mkdir(metadata, { recursive: true });
  await writeFile(path.join(metadata, 'METADATA'), `Metadata-Version: 2.1\nName: moto\nVersion: ${version}\n`);
  const python = path.join(root, 'python');
  await writeFile(python, `#!/bin/sh\nPYTHONPATH='${path.join(root, 'packages')}' exec python3 "$@"\n`);
  await chmod(python, 0o755);
  return python;
}

describe('the patches of moto', () => {
  it('stop with an explanation if another version is installed', async () => {
    const python = await pythonWithMoto('9.0.1');
    await expect(startAwsServer({ region: 'eu-west-1', python })).rejects.toThrow(
      /patches in local-cloud\/moto are for moto 5\.\d+\.\d+, and 9\.0\.1 is installed\. Delete \.venv .*PATCHED_VERSION/,
    );
  });

  it('match the version that is installed', async () => {
    const pinned = /^moto==(.+)$/m.exec(await readFile(path.join(PROJECT, 'requirements/server.txt'), 'utf8'))?.[1];
    const patched = await readFile(path.join(PROJECT, 'local-cloud/moto/patched_version.py'), 'utf8');
    expect(/^PATCHED_VERSION = "(.+)"$/m.exec(patched)?.[1]).toBe(pinned);
  });
});
