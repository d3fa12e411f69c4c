import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MissingPythonError, PythonPackagesError, PythonTooOldError } from '../../../local-cloud/errors.ts';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';

let root: string;
let announced: string[];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'python-environment-'));
  announced = [];
  await mkdir(path.join(root, 'requirements'));
  await writeFile(path.join(root, 'requirements', 'server.txt'), '# nothing is needed here\n');
  await writeFile(path.join(root, 'requirements', 'test.txt'), '-r server.txt\n');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

function announce(line: string): void {
  announced.push(line);
}

async function writeScript(text: string): Promise<string> {
  const script = path.join(root, 'python-of-old');
  await writeFile(script, `#!/bin/sh\n${text}\n`);
  await chmod(script, 0o755);
  return script;
}

describe('preparePythonEnvironment', () => {
  it('makes the environment once, even for two concurrent calls, and again only for other requirements', async () => {
    const both = await Promise.all([
      preparePythonEnvironment('test', announce, { root }),
      preparePythonEnvironment('test', announce, { root }),
    ]);
    expect(both).toEqual([0, 1].map(() => path.join(root, '.venv', 'bin', 'python')));
    expect(announced[0]).toMatch(/^Installing the local servers .* into \.venv: once, about 20 seconds/);
    announced = [];
    await preparePythonEnvironment('test', announce, { root });
    await preparePythonEnvironment('server', announce, { root });
    expect(announced).toEqual([]);

    await writeFile(path.join(root, 'requirements', 'server.txt'), '# another list\n');
    await preparePythonEnvironment('server', announce, { root });
    expect(announced).toHaveLength(1);
  });

  it("fails with pip's output, and does not mistake an incomplete environment for a complete one", async () => {
    await writeFile(path.join(root, 'requirements', 'server.txt'), 'not a requirement\n');
    const failed = preparePythonEnvironment('server', announce, { root });
    await expect(failed).rejects.toThrow(PythonPackagesError);
    await expect(failed).rejects.toThrow(/not a requirement/);
    expect((await readdir(path.join(root, '.venv'))).filter((name) => name.startsWith('.installed'))).toEqual([]);
  });

  it('reports that Python is missing if no candidate can be started', async () => {
    const candidates = [path.join(root, 'no-python'), path.join(root, 'none-here')];
    await expect(preparePythonEnvironment('server', announce, { root, candidates })).rejects.toThrow(
      MissingPythonError,
    );
  });

  it('reports the version that it found if that is too old', async () => {
    const candidates = [await writeScript('echo 3 8')];
    const refused = preparePythonEnvironment('server', announce, { root, candidates });
    await expect(refused).rejects.toThrow(PythonTooOldError);
    await expect(refused).rejects.toThrow(/is 3\.8/);
  });
});
