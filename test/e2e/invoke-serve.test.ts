import { expect, test } from '@jest/globals';
import { findFreePorts } from '../../local-cloud/lambda-runtime/free-port.ts';
import { listAlive, listDescendants, startCommand, until } from '../support/demo-process.ts';

test.each(['at work', 'starting'])(
  's3xrc invoke --serve and its servers end at Ctrl-C while it is %s',
  async (stage) => {
    const [port = 0] = await findFreePorts(1);
    const { child, outcome, printed, pressCtrlC } = startCommand('invoke', '--serve', '--port', String(port));
    if (stage === 'at work') await printed('Ctrl-C stops them');
    else await until(async () => (await listDescendants(child.pid ?? 0)).length > 0);
    const processes = await listDescendants(child.pid ?? 0);
    pressCtrlC();
    expect(await outcome).toMatchObject({ status: 130, stderr: '' });
    await until(async () => (await listAlive(processes)).length === 0);
  },
  60_000,
);
