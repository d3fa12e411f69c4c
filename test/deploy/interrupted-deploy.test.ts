import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AwsEmulator } from '../support/emulator/aws-emulator.ts';
import type { Checkout } from '../support/emulator/checkout.ts';
import type { ContainerEngine } from '../support/emulator/container-engine.ts';
import { openDeployingCheckout } from '../support/emulator/deploying-checkout.ts';
import { ruleBetween, SETTINGS, TARGET } from '../support/operated/configuration.ts';
import { startOperationProxy } from '../support/operation-proxy.ts';
import type { SessionEnd } from '../support/terminal/session.ts';

const MINUTES = 60_000;
/** The receiving region, which is deployed first and takes all the steps. */
const DEPLOY = ['deploy', '--region', TARGET];

let emulator: AwsEmulator;
let engine: ContainerEngine;
let checkout: Checkout;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ emulator, engine, checkout, stop } = await openDeployingCheckout());
  const { status, output } = await checkout.configure(SETTINGS, [ruleBetween('invoices', 'invoices-copy')]);
  if (status !== 0) throw new Error(output);
}, 15 * MINUTES);

afterAll(() => stop());

beforeEach(() => {
  engine.forget();
});

/** Presses Ctrl-C once a step that does not end has begun. */
async function interruptOnce(begun: Promise<void>, args: readonly string[], endpoint: string): Promise<SessionEnd> {
  const session = checkout.open(args, { AWS_ENDPOINT_URL: endpoint });
  const early = session.ended.then(({ status, shown }) => {
    throw new Error(`It ended with ${status} before:\n${shown}`);
  });
  await Promise.race([begun, early]);
  early.catch(() => undefined);
  session.interrupt();
  return await session.ended;
}

async function interruptEngine(request: RegExp): Promise<SessionEnd> {
  return await interruptOnce(engine.hold(request), DEPLOY, emulator.endpoint);
}

/** @param about a pattern in the body of the call, since many differ only by the stack */
async function interruptAws(call: RegExp, about: RegExp, args = DEPLOY): Promise<SessionEnd> {
  const proxy = await startOperationProxy(emulator.endpoint, ({ name, body }) =>
    call.test(name) && about.test(body) ? 'hold' : undefined,
  );
  try {
    return await interruptOnce(proxy.held, args, proxy.endpoint);
  } finally {
    await proxy.stop();
  }
}

async function expectCleanEnd({ status, left, shown }: SessionEnd): Promise<void> {
  expect({ status, left, files: await checkout.temporaryFiles() }).toEqual({ status: 130, left: [], files: [] });
  // Python's own "Exception ignored in: threading" of the SAM CLI, which appears sometimes, is not under our control.
  expect(shown).not.toMatch(/unexpected:|\n {4}at /);
}

/** In the order of a deployment: each test finds what the previous one began. */
describe('Ctrl-C during a deployment with the real SAM CLI ends cleanly', () => {
  test(
    'while it reads the account',
    async () => {
      await expectCleanEnd(await interruptAws(/^DescribeStacks$/, /./));
    },
    12 * MINUTES,
  );

  test(
    'while the image is built',
    async () => {
      await expectCleanEnd(await interruptEngine(/^POST \/build/));
    },
    12 * MINUTES,
  );

  test(
    'while the registry stack is created',
    async () => {
      const ended = await interruptAws(/^CreateChangeSet$/, /StackName=app-registry/);
      await expectCleanEnd(ended);
      expect(ended.shown).toMatch(/Stopped at us-east-1: .*sam deploy/);
    },
    12 * MINUTES,
  );

  test(
    'while the image is pushed',
    async () => {
      await expectCleanEnd(await interruptEngine(/^POST .*\/push$/));
    },
    12 * MINUTES,
  );

  test(
    'while the change set of the region is created',
    async () => {
      await expectCleanEnd(await interruptAws(/^CreateChangeSet$/, /StackName=app(&|$)/));
    },
    12 * MINUTES,
  );

  test(
    'while the region is deployed, and the next deployment does the rest',
    async () => {
      await expectCleanEnd(await interruptAws(/^DescribeStackEvents$/, /StackName=.*app/));
      const { status, output } = await checkout.npm(['deploy', '--', '--region', TARGET]);
      expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
      expect(output).toContain(`Deployed: ${TARGET}.`);
    },
    12 * MINUTES,
  );

  test(
    'while a dry run reads the change set',
    async () => {
      const dry = [...DEPLOY, '--dry-run'];
      await expectCleanEnd(await interruptAws(/^DescribeChangeSet$/, /./, dry));
    },
    12 * MINUTES,
  );
});
