import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeCheckpoint } from '../../../src/backfill/checkpoint.ts';
import { HeldCheckpointError } from '../../../src/backfill/errors.ts';
import type { DeployedRule } from '../../../src/configuration/deployed-rule.ts';
import type { ObjectEntry, ObjectPager } from '../../../src/listing/dependencies.ts';
import { AccessDeniedError } from '../../../src/storage/errors.ts';
import type { InventoryListing } from '../../../src/verifying/dependencies.ts';
import type { InventoryConfiguration, InventoryDirectory } from '../../../src/verifying/find-inventory.ts';
import { parseScheduledTask } from '../../../src/verifying/scheduled-task.ts';
import {
  type ScheduleDependencies,
  type ScheduledProgress,
  verifyOnSchedule,
} from '../../../src/verifying/verify-on-schedule.ts';
import { deployedRules } from '../../support/deployed-rules.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { MemoryStorePager } from '../../support/memory-store-pager.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 29, 2);
const [rule] = deployedRules([
  {
    source: { region: 'eu-west-1', bucket: 'objects', prefix_filter: 'in/', verify: 'weekly' },
    destinations: [{ region: 'us-east-1', bucket: 'restored', target_prefix: 'copy/' }],
  },
]) as [DeployedRule];
const TASK = { rule: rule.id, execution: 'first' };
/** Without room for a stamp, so that a listing and a HEAD give the same verdict. */
const FULL = { metadata: { note: 'x'.repeat(2044) } };
const keys = Array.from({ length: 5000 }, (_, index) => `in/${String(index).padStart(5, '0')}`);
const missing = ['in/00007', 'in/01500', 'in/04999'];
const ALL_DAILY: InventoryConfiguration = {
  id: 'all',
  isEnabled: true,
  prefix: '',
  format: 'CSV',
  fields: ['Size', 'LastModifiedDate', 'ETag', 'StorageClass'],
  fileBucket: 'lists',
  filePrefix: '',
};

/** Both buckets of the rule, the checkpoint and the log. */
class Schedule {
  now = NOW;
  saved: string | undefined;
  readonly said: string[] = [];
  readonly source = new MemoryObjectStore({ now: () => this.now });
  readonly copies = new MemoryObjectStore({ now: () => this.now });
  /** Called with the number of pages that were listed. */
  onPage: (pages: number) => void = () => undefined;
  pages = 0;
  onFault: () => void = () => undefined;
  onSave: () => void = () => undefined;
  inventories: Readonly<Record<string, InventoryListing>> = {};
  inventoryBuckets: readonly string[] = [];
  directory: InventoryDirectory = {
    configurationsOf: () => Promise.resolve([ALL_DAILY]),
    keysAfter: (_, prefix) => Promise.resolve([`${prefix}2026-11-29T01-00Z/manifest.json`]),
  };
  watermark: number | undefined = 60;

  async fill(): Promise<void> {
    this.now = NOW - 48 * HOUR;
    for (const key of keys) await this.source.place({ bucket: 'objects', key }, Buffer.from(key));
    for (const key of keys.filter((each) => !missing.includes(each))) {
      await this.copies.place({ bucket: 'restored', key: `copy/${key}` }, Buffer.from(key));
    }
    this.now = NOW;
  }

  run(task = TASK, deadline = new AbortController().signal): Promise<ScheduledProgress> {
    return verifyOnSchedule(parseScheduledTask({ ...task, other: 'is ignored' }), this.#dependencies(deadline));
  }

  get checkpoint() {
    return decodeCheckpoint(this.saved ?? '', 'scheduled-verify', TASK.rule);
  }

  #dependencies(deadline: AbortSignal): ScheduleDependencies {
    const say =
      (what: string) =>
      (...about: readonly unknown[]): void => {
        this.said.push([what, ...about.filter((each) => typeof each !== 'object')].join(' '));
      };
    const pagerOf = (store: MemoryObjectStore): ObjectPager => {
      const pager = new MemoryStorePager(store);
      return {
        page: async (request) => {
          this.pages += 1;
          this.onPage(this.pages);
          request.signal?.throwIfAborted();
          return await pager.page(request);
        },
      };
    };
    return {
      rule,
      namespace: 'app',
      openBucket: (region) => {
        const store = region === 'eu-west-1' ? this.source : this.copies;
        return { pager: pagerOf(store), store };
      },
      directoryOf: () => this.directory,
      inventoryBuckets: () => this.inventoryBuckets,
      openInventory: (_, { bucket }) => {
        const listing = this.inventories[bucket];
        return listing === undefined ? Promise.reject(new AccessDeniedError('no')) : Promise.resolve(listing);
      },
      metrics: {
        readMaxima: (metrics) =>
          Promise.resolve(
            metrics.map(() => (this.watermark === undefined ? [] : [{ time: this.now, value: this.watermark }])),
          ),
      },
      checkpoint: {
        load: () => Promise.resolve(this.saved),
        save: async (text) => {
          await Promise.resolve();
          this.onSave();
          this.saved = text;
        },
      },
      clock: { now: () => this.now, sleep: () => Promise.resolve() },
      telemetry: {
        inventoryTaken: say('taken'),
        bucketListed: say('listed'),
        inventoriesGivenUp: say('given up'),
        faultFound: (_, { kind, key }) => {
          this.said.push(`${kind} ${key}`);
          this.onFault();
        },
        alreadyRunning: say('running'),
        continues: say('continues'),
        verified: (_, counts, faults) => this.said.push(`verified ${counts.compared}: ${faults}`),
        failed: say('failed'),
      },
      deadline,
    };
  }

  /** Everything in a store that a repair would change. */
  snapshot(): string {
    const of = (store: MemoryObjectStore, bucket: string): unknown =>
      store.keys(bucket).map((key) => [key, store.look({ bucket, key })?.description.etag]);
    return JSON.stringify([of(this.source, 'objects'), of(this.copies, 'restored')]);
  }
}

let schedule: Schedule;

beforeEach(async () => {
  schedule = new Schedule();
  await schedule.fill();
});

describe('a scheduled verification', () => {
  test('finds what is missing, reports it once, keeps it for the status, and repairs nothing', async () => {
    const before = schedule.snapshot();
    expect(await schedule.run()).toEqual({ ...TASK, finished: true, compared: 5000, faults: 3 });
    expect(schedule.said).toEqual([...missing.map((key) => `missing ${key}`), 'verified 5000: 3']);
    expect(schedule.checkpoint).toMatchObject({ finished: true, counts: { missing: 3, equal: 4997 } });
    expect(schedule.snapshot()).toBe(before);
    // A repeated invocation does nothing.
    expect(await schedule.run()).toMatchObject({ finished: true, faults: 3 });
    expect(schedule.said).toHaveLength(4);
  });

  test('also counts what is older, different or foreign, but not what is under way', async () => {
    for (const key of missing) await schedule.source.remove({ bucket: 'objects', key, etag: etagOf(key) });
    await schedule.source.place({ bucket: 'objects', key: 'in/young' }, Buffer.from('young'));
    schedule.now += 2 * HOUR;
    await schedule.copies.place({ bucket: 'restored', key: `copy/${keys[1]}` }, Buffer.from('theirs'));
    await schedule.copies.place({ bucket: 'restored', key: `copy/${keys[2]}` }, Buffer.from('of no use'), FULL);
    schedule.watermark = 3 * 3600;
    expect(await schedule.run()).toMatchObject({ finished: true, faults: 2 });
    expect(schedule.said).toEqual([`foreign ${keys[1]}`, `different ${keys[2]}`, 'verified 4998: 2']);
    // Now it is due.
    schedule.watermark = 3600;
    expect(await schedule.run({ ...TASK, execution: 'second' })).toMatchObject({ faults: 3 });
  });

  test('uses the objective if the watermark is unknown', async () => {
    schedule.watermark = undefined;
    await schedule.source.place({ bucket: 'objects', key: 'in/young' }, Buffer.from('young'));
    schedule.now += rule.objectiveSeconds * 1000 - 1;
    expect(await schedule.run()).toMatchObject({ faults: 3 });
    schedule.now += 2;
    expect(await schedule.run({ ...TASK, execution: 'second' })).toMatchObject({ faults: 4 });
  });

  test('stops when the time is nearly up, and the next invocation continues from there', async () => {
    let invocations = 0;
    let progress: ScheduledProgress | undefined;
    do {
      const time = new AbortController();
      schedule.onFault = () => {
        time.abort();
      };
      progress = await schedule.run(TASK, time.signal);
      invocations += 1;
    } while (!progress.finished && invocations < 20);
    expect(progress).toEqual({ ...TASK, finished: true, compared: 5000, faults: 3 });
    expect(invocations).toBeGreaterThan(1);
    const faults = schedule.said.filter((line) => line.startsWith('missing'));
    expect(faults).toEqual(missing.map((key) => `missing ${key}`));
    expect(schedule.said.filter((line) => line.startsWith('continues'))).toHaveLength(invocations - 1);
    expect(schedule.said.at(-1)).toBe('verified 5000: 3');
  });

  test('fails if not even one key could be compared in time', async () => {
    const time = AbortSignal.abort();
    await expect(schedule.run(TASK, time)).rejects.toMatchObject({ code: 'VERIFICATION_STALLED', retryable: true });
  });

  test('fails with the error of the storage, keeps its position, and continues there', async () => {
    schedule.onPage = (pages) => {
      if (pages === 8) throw new AccessDeniedError('no more');
    };
    await expect(schedule.run()).rejects.toThrow('no more');
    const { counts, finished } = schedule.checkpoint;
    expect(finished).toBe(false);
    expect(counts['compared']).toBeGreaterThan(0);
    expect(counts['compared']).toBeLessThan(5000);
    expect(await schedule.run()).toEqual({ ...TASK, finished: true, compared: 5000, faults: 3 });
  });
});

describe('two executions of a rule', () => {
  async function interrupt(): Promise<void> {
    schedule.onPage = (pages) => {
      if (pages === 8) throw new AccessDeniedError('no more');
    };
    await expect(schedule.run()).rejects.toThrow('no more');
    schedule.onPage = () => undefined;
  }

  test('do not disturb each other: the second one ends at once', async () => {
    await interrupt();
    schedule.now += 29 * 60_000;
    expect(await schedule.run({ ...TASK, execution: 'second' })).toMatchObject({ finished: true });
    expect(schedule.said).toContain('running first');
    expect(schedule.checkpoint.choices['execution']).toBe('first');
  });

  test('run one after the other if the first one died: the second one begins at the start', async () => {
    await interrupt();
    schedule.now += 31 * 60_000;
    schedule.said.length = 0;
    expect(await schedule.run({ ...TASK, execution: 'second' })).toMatchObject({ finished: true, compared: 5000 });
    expect(schedule.said).toContain(`missing ${missing[0]}`);
  });

  test('that begin at the same moment become one: the storage refuses the other, which ends', async () => {
    schedule.onSave = () => {
      throw new HeldCheckpointError('saved by another execution');
    };
    expect(await schedule.run()).toEqual({ ...TASK, finished: true, compared: 0, faults: 0 });
    expect(schedule.said).toEqual(['running another one']);
    expect(schedule.pages).toBe(0);
  });

  test('also become one if an execution returns after its lease has expired', async () => {
    let saves = 0;
    schedule.onSave = () => {
      saves += 1;
      if (saves > 1) throw new HeldCheckpointError('saved by another execution');
    };
    expect(await schedule.run()).toMatchObject({ finished: true, compared: 0 });
    expect(schedule.said.at(-1)).toBe('running another one');
  });

  test('ignore a checkpoint of another version', async () => {
    schedule.saved = JSON.stringify({ version: 2 });
    expect(await schedule.run()).toMatchObject({ finished: true, faults: 3 });
  });
});

describe('inventories in place of listings', () => {
  function inventory(entries: readonly ObjectEntry[]): InventoryListing {
    return {
      created: NOW - HOUR,
      async *read(_, after = '') {
        await Promise.resolve();
        yield entries.filter(({ key }) => key > after);
      },
    };
  }

  function entriesOf(store: MemoryObjectStore, bucket: string): ObjectEntry[] {
    return store.keys(bucket).flatMap((key) => {
      const found = store.look({ bucket, key })?.description;
      if (found === undefined) return [];
      const { size, etag, lastModified } = found;
      return [{ key, size, etag, lastModified: lastModified.getTime(), storageClass: 'STANDARD' }];
    });
  }

  beforeEach(() => {
    schedule.inventoryBuckets = ['lists'];
  });

  test('are read, and nothing is listed', async () => {
    schedule.inventories = {
      objects: inventory(entriesOf(schedule.source, 'objects')),
      restored: inventory(entriesOf(schedule.copies, 'restored')),
    };
    expect(await schedule.run()).toMatchObject({ finished: true, compared: 5000, faults: 3 });
    expect(schedule.said.slice(0, 2)).toEqual(['taken objects', 'taken restored']);
    expect(schedule.pages).toBe(0);
  });

  test('are not looked up if no bucket for them is configured', async () => {
    schedule.inventoryBuckets = [];
    schedule.directory = { ...schedule.directory, configurationsOf: () => Promise.reject(new Error('asked')) };
    expect(await schedule.run()).toMatchObject({ faults: 3 });
    expect(schedule.said[0]).toBe(`missing ${missing[0]}`);
  });

  test('are replaced by listings if they cannot be found, and the reason is reported', async () => {
    schedule.directory = {
      ...schedule.directory,
      configurationsOf: () => Promise.reject(new AccessDeniedError('s3:GetInventoryConfiguration is refused')),
    };
    expect(await schedule.run()).toMatchObject({ finished: true, faults: 3 });
    expect(schedule.said).toContain('listed objects s3:GetInventoryConfiguration is refused');
  });

  test('are given up if they cannot be read, and the next invocation lists', async () => {
    expect(await schedule.run()).toMatchObject({ finished: false, compared: 0 });
    expect(schedule.said).toContain('given up');
    expect(await schedule.run()).toMatchObject({ finished: true, compared: 5000, faults: 3 });
  });

  test('are given up if sorting them takes longer than an invocation', async () => {
    const time = new AbortController();
    const never: InventoryListing = {
      created: NOW,
      async *read(_prefix, _after, signal) {
        await Promise.resolve();
        time.abort();
        signal.throwIfAborted();
        yield [];
      },
    };
    schedule.inventories = { objects: never, restored: never };
    expect(await schedule.run(TASK, time.signal)).toMatchObject({ finished: false });
    expect(await schedule.run()).toMatchObject({ finished: true, faults: 3 });
  });
});

test('permanently rejects a task that names no rule and execution', () => {
  for (const input of [undefined, {}, { rule: 'r' }, { rule: '', execution: 'e' }]) {
    expect(() => parseScheduledTask(input)).toThrow(expect.objectContaining({ code: 'VERIFICATION_TASK_INVALID' }));
  }
});

function etagOf(key: string): string {
  return schedule.source.look({ bucket: 'objects', key })?.description.etag ?? '';
}
