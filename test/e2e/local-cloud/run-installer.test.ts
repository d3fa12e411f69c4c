import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { runInstaller } from '../../../local-cloud/run-installer.ts';
import { listAlive, listDescendants, until } from '../../support/demo-process.ts';

const INSTALLER = fileURLToPath(new URL('../../../local-cloud/run-installer.ts', import.meta.url));

test('reports nothing about an installer that succeeds', async () => {
  expect(await runInstaller('sh', ['-c', 'echo done'])).toBeUndefined();
});

test('returns the status and the last lines of one that fails', async () => {
  expect(await runInstaller('sh', ['-c', 'echo first; echo why >&2; exit 3'])).toEqual({
    status: 3,
    lastLines: 'first\nwhy',
  });
});

test('leaves no process of an installer behind when its own process is killed', async () => {
  const program = `import { runInstaller } from ${JSON.stringify(INSTALLER)};
await runInstaller('sh', ['-c', 'sleep 1000 & sleep 1000']);`;
  const host = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
  const sleeping = async (): Promise<Awaited<ReturnType<typeof listDescendants>>> =>
    (await listDescendants(host.pid ?? 0)).filter(({ command }) => command === 'sleep 1000');
  await until(async () => (await sleeping()).length === 2);
  const processes = await sleeping();
  const ended = once(host, 'exit');
  host.kill('SIGKILL');
  await ended;
  await until(async () => (await listAlive(processes)).length === 0);
  expect(await sleeping()).toEqual([]);
});
