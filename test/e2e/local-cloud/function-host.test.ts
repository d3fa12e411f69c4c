import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FunctionCrashedError,
  FunctionInitError,
  FunctionThrewError,
  FunctionTimedOutError,
} from '../../../local-cloud/errors.ts';
import { FunctionHost, type FunctionHostOptions } from '../../../local-cloud/function-host.ts';

const BUNDLE = `
  let invocations = 0;
  const held = [];
  console.log('initialized');
  export const handler = async (event, context) => {
    invocations += 1;
    if (event.do === 'throw') throw new RangeError('out of range');
    if (event.do === 'hang') return new Promise(() => setInterval(() => undefined, 1000));
    if (event.do === 'exit') process.exit(7);
    if (event.do === 'wait') {
      console.log('waiting');
      await new Promise((resolve) => setTimeout(resolve, event.milliseconds));
    }
    if (event.do === 'log') console.error(JSON.stringify({ level: 'INFO', text: 'a\\nb' }));
    return {
      invocations,
      pid: process.pid,
      variables: { RULE: process.env.RULE, HOME: process.env.HOME, NAME: process.env.AWS_LAMBDA_FUNCTION_NAME },
      context: { ...context, remaining: context.getRemainingTimeInMillis() },
    };
  };
`;

interface Answer {
  readonly invocations: number;
  readonly pid: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, unknown>>;
}

let folder: string;
let lines: string[] = [];
let host: FunctionHost | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'function-host-'));
  await writeFile(path.join(folder, 'bundle.mjs'), BUNDLE);
  await writeFile(path.join(folder, 'broken.mjs'), 'throw new Error("no such secret");');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

afterEach(async () => {
  await host?.stop();
  host = undefined;
  lines = [];
});

function createHost(options: Partial<FunctionHostOptions> = {}): FunctionHost {
  host = new FunctionHost({
    bundle: path.join(folder, 'bundle.mjs'),
    handler: 'handler',
    functionName: 'source-one',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:source-one',
    memoryMb: 512,
    environment: { RULE: 'one' },
    timeoutSeconds: 10,
    onLine: (line) => lines.push(line),
    ...options,
  });
  return host;
}

async function invoke(event: unknown): Promise<Answer> {
  return (await host?.invoke(event)) as Answer;
}

describe('FunctionHost', () => {
  it('initializes an environment once and keeps it warm', async () => {
    const running = createHost();
    const first = await invoke({});
    const second = await invoke({});
    expect([first.invocations, second.invocations]).toEqual([1, 2]);
    expect(second.pid).toBe(first.pid);
    expect(running.coldStarts).toBe(1);
  });

  it('gives the function its variables and context, and no other variables of the host', async () => {
    createHost();
    const { variables, context } = await invoke({});
    expect(variables).toEqual({ RULE: 'one', NAME: 'source-one' });
    expect(context).toMatchObject({
      functionName: 'source-one',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:source-one',
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const remaining = Number(context['remaining']);
    expect(remaining > 8000 && remaining <= 10_000).toBe(true);
  });

  it('runs each concurrent invocation in its own environment', async () => {
    const running = createHost();
    const answers = await Promise.all([
      invoke({ do: 'wait', milliseconds: 300 }),
      invoke({ do: 'wait', milliseconds: 300 }),
    ]);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    expect(answers.map(({ invocations }) => invocations)).toEqual([1, 1]);
    await invoke({});
    expect(running.coldStarts).toBe(2);
  });

  it('passes on every line that the function prints', async () => {
    const running = createHost();
    await invoke({ do: 'log' });
    await running.stop();
    expect(lines).toContain('initialized');
    expect(lines).toContain('{"level":"INFO","text":"a\\nb"}');
  });

  it('fails an invocation whose handler throws, and keeps the environment', async () => {
    createHost();
    const { pid } = await invoke({});
    await expect(invoke({ do: 'throw' })).rejects.toThrow(FunctionThrewError);
    await expect(invoke({ do: 'throw' })).rejects.toThrow(/source-one threw RangeError: out of range/);
    expect((await invoke({})).pid).toBe(pid);
  });

  it('kills an environment at the timeout and makes a new one', async () => {
    createHost({ timeoutSeconds: 1 });
    const { pid } = await invoke({});
    await expect(invoke({ do: 'hang' })).rejects.toThrow(FunctionTimedOutError);
    const next = await invoke({});
    expect(next.pid).not.toBe(pid);
    expect(next.invocations).toBe(1);
  });

  it('fails the invocation during which the process ends', async () => {
    createHost();
    await expect(invoke({ do: 'exit' })).rejects.toThrow(FunctionCrashedError);
    expect((await invoke({})).invocations).toBe(1);
  });

  it('can kill an environment in the middle of its work', async () => {
    const running = createHost();
    const invocation = invoke({ do: 'wait', milliseconds: 60_000 });
    invocation.catch(() => undefined);
    while (!lines.includes('waiting')) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(running.killRandomEnvironment()).toBe(true);
    await expect(invocation).rejects.toThrow(/ended with signal SIGKILL/);
  });

  it('has nothing to kill before the first invocation', () => {
    expect(createHost().killRandomEnvironment()).toBe(false);
  });

  it('reports why a bundle cannot be loaded, or that it lacks the handler', async () => {
    createHost({ bundle: path.join(folder, 'broken.mjs') });
    await expect(invoke({})).rejects.toThrow(/no such secret/);
    createHost({ handler: 'other' });
    await expect(invoke({})).rejects.toThrow(FunctionInitError);
  });
});
