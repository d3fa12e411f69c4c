import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeCheckpoint } from '../../../src/backfill/checkpoint.ts';
import {
  type CheckpointContent,
  CheckpointKeeper,
  type CheckpointOwner,
} from '../../../src/backfill/checkpoint-keeper.ts';
import type { CheckpointStore } from '../../../src/backfill/dependencies.ts';
import { HeldCheckpointError } from '../../../src/backfill/errors.ts';

const NOW = Date.UTC(2026, 10, 30, 6);
const RULE = 'rule-1';
const CONTENT: CheckpointContent = {
  version: 1,
  kind: 'backfill',
  rule: RULE,
  filter: {},
  choices: {},
  startedAt: new Date(NOW).toISOString(),
  position: 'k1',
  finished: false,
  counts: { queued: 1 },
};

/** One object, with S3's conditions. */
class SharedObject {
  text: string | undefined;
  #version = 0;
  isDown = false;

  /** A keeper as another process opens it. */
  open(): CheckpointStore {
    let seen: number | undefined;
    return {
      load: () => {
        seen = this.#version;
        return Promise.resolve(this.text);
      },
      save: async (text) => {
        await Promise.resolve();
        if (this.isDown) throw new Error('no connection');
        if (seen !== undefined && seen !== this.#version) throw new HeldCheckpointError('changed');
        this.text = text;
        this.#version += 1;
        seen = this.#version;
      },
    };
  }

  get content(): ReturnType<typeof decodeCheckpoint> {
    return decodeCheckpoint(this.text ?? '', 'backfill', RULE);
  }
}

let object: SharedObject;
let now: number;
let running: number[];
let renewals: (() => void)[];

beforeEach(() => {
  object = new SharedObject();
  now = NOW;
  running = [1, 2];
  renewals = [];
});

function keeperOf(owner: Partial<CheckpointOwner> = {}): CheckpointKeeper {
  const { process = 1 } = owner;
  return new CheckpointKeeper({
    store: object.open(),
    owner: { owner: `ann@host, process ${process},`, machine: 'm1', process, ...owner },
    isRunning: (id) => running.includes(id),
    now: () => now,
    repeat: (_, work) => {
      renewals.push(work);
      return { [Symbol.dispose]: () => undefined };
    },
  });
}

const load = (keeper: CheckpointKeeper, forget = false) => keeper.load('backfill', RULE, { forget });

describe('two runs at the same time', () => {
  test('the second one is refused, and is told who holds the checkpoint and until when', async () => {
    await using first = keeperOf();
    await load(first);
    await first.save(CONTENT);
    await using second = keeperOf({ process: 2 });
    await expect(load(second)).rejects.toMatchObject({
      code: 'CHECKPOINT_HELD',
      message: expect.stringMatching(
        /backfill of rule rule-1 is in progress: ann@host, process 1, runs it and renews its lease, now until 2026-11-30T06:01:00/,
      ),
    });
    // Forgetting the progress of a run does not end it.
    await expect(load(second, true)).rejects.toThrow(HeldCheckpointError);
  });

  test('one that checked before the other began is refused', async () => {
    await using first = keeperOf();
    await using second = keeperOf({ process: 2 });
    await load(first);
    await load(second);
    await first.save(CONTENT);
    await expect(second.save(CONTENT)).rejects.toThrow('ann@host, process 1, runs it');
    expect(second.lost.reason).toBeInstanceOf(HeldCheckpointError);
    // Its cleanup does not touch the other's checkpoint.
    const before = object.text;
    await expect(second.save({ ...CONTENT, position: 'z' })).rejects.toThrow(HeldCheckpointError);
    await second[Symbol.asyncDispose]();
    expect(object.text).toBe(before);
    await first.save({ ...CONTENT, position: 'k2' });
    expect(object.content.position).toBe('k2');
  });

  test('one that slept past its lease is ended by the one that took over', async () => {
    await using sleeping = keeperOf();
    await load(sleeping);
    await sleeping.save(CONTENT);
    now += 60_000;
    await using second = keeperOf({ process: 2 });
    expect(await load(second)).toMatchObject({ position: 'k1' });
    await second.save({ ...CONTENT, position: 'k5' });
    renewals[0]?.();
    await expect(sleeping.save({ ...CONTENT, position: 'k2' })).rejects.toThrow('process 2, runs it');
    expect(object.content.position).toBe('k5');
  });
});

describe('a checkpoint is free', () => {
  const leave = async (owner: Partial<CheckpointOwner> = {}): Promise<void> => {
    const keeper = keeperOf(owner);
    await load(keeper);
    await keeper.save(CONTENT);
  };
  const isFree = async (): Promise<boolean> => {
    try {
      return (await load(keeperOf({ process: 2 }))) !== undefined;
    } catch {
      return false;
    }
  };

  test('at once when its run was killed on this machine', async () => {
    await leave();
    expect(await isFree()).toBe(false);
    running = [2];
    expect(await isFree()).toBe(true);
  });

  test('after a minute when its run was killed on another machine', async () => {
    await leave({ machine: 'm2', process: 99 });
    now += 59_999;
    expect(await isFree()).toBe(false);
    now += 1;
    expect(await isFree()).toBe(true);
  });

  test('when its run has ended, successfully or not', async () => {
    {
      await using keeper = keeperOf();
      await load(keeper);
      await keeper.save(CONTENT);
      expect(object.content.lease?.process).toBe(1);
    }
    expect(object.content).toMatchObject({ position: 'k1', finished: false });
    expect(object.content).not.toHaveProperty('lease');
    expect(await isFree()).toBe(true);
    await using finishing = keeperOf();
    await load(finishing);
    await finishing.save({ ...CONTENT, finished: true });
    expect(object.content).not.toHaveProperty('lease');
  });

  test('when an earlier version wrote it', async () => {
    object.text = JSON.stringify({ ...CONTENT, savedAt: CONTENT.startedAt });
    expect(await isFree()).toBe(true);
    object.text = '{"version":2}';
    await expect(load(keeperOf())).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect(await load(keeperOf(), true)).toBeUndefined();
  });
});

test('a lease is renewed while a run waits, survives a failed renewal, and is not renewed after the end', async () => {
  const keeper = keeperOf();
  await load(keeper);
  await keeper.save(CONTENT);
  await keeper.save({ ...CONTENT, position: 'k2' });
  expect(renewals).toHaveLength(1);
  now += 20_000;
  object.isDown = true;
  renewals[0]?.();
  await expect(keeper.save(CONTENT)).rejects.toThrow('no connection');
  object.isDown = false;
  renewals[0]?.();
  await keeper.save({ ...CONTENT, position: 'k3' });
  expect(object.content).toMatchObject({ position: 'k3', lease: { expiresAt: '2026-11-30T06:01:20.000Z' } });
  await keeper[Symbol.asyncDispose]();
  renewals[0]?.();
  await keeper[Symbol.asyncDispose]();
  expect(object.content).not.toHaveProperty('lease');
});
