import { describe, expect, test } from '@jest/globals';
import { formatKeyTime } from '../../../src/archive/key-time.ts';
import type { DeployedRule } from '../../../src/configuration/deployed-rule.ts';
import { chooseArchives } from '../../../src/watermark/choose-archives.ts';
import type { ListedKey } from '../../../src/watermark/dependencies.ts';
import { findUnreplicated } from '../../../src/watermark/find-unreplicated.ts';
import type { ReplicationStatus } from '../../../src/watermark/replication-status.ts';
import { WatchedArchives } from '../../../src/watermark/watched-archives.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const NOW = Date.parse('2026-11-23T19:15:00Z');
const [rule] = deployedRules([
  { source: { region: 'eu-west-1', bucket: 'documents' }, destinations: [{ region: 'us-east-1', bucket: 'copy' }] },
]) as [DeployedRule];
const PREFIX = `${rule.id}/`;

/** An archive written and put that many seconds ago. */
function archive(written: number, put = written): ListedKey {
  return { key: `${PREFIX}${formatKeyTime(NOW - written * 1000)}-${put}.tar.zst`, lastModified: NOW - put * 1000 };
}

/** An outbound bucket: archives, and the status of those that are not replicated. */
class Outbound {
  readonly statuses = new Map<string, ReplicationStatus>();
  readonly asked: string[] = [];
  readonly alarms: string[] = [];
  readonly watched = new WatchedArchives();
  archives: readonly ListedKey[];

  constructor(archives: readonly ListedKey[]) {
    this.archives = archives.toSorted((one, two) => (one.key < two.key ? -1 : 1));
  }

  async search({ hasFailures = false, budget = 5000, now = NOW } = {}) {
    this.asked.length = 0;
    this.alarms.length = 0;
    const range = { region: 'eu-west-1', bucket: 'outbound', prefix: PREFIX };
    const first = (after = '') => this.archives.filter(({ key }) => key > after).slice(0, 1000);
    return findUnreplicated(
      { rule, range, listed: first(), hasFailures, budget: { whenFailed: budget, whenNew: 1000 }, now },
      {
        keys: { firstKeys: ({ after }) => Promise.resolve(first(after)) },
        statuses: {
          statusOf: ({ key }) => {
            this.asked.push(key);
            return Promise.resolve(this.statuses.get(key) ?? 'COMPLETED');
          },
        },
        watched: this.watched,
        telemetry: {
          watermarkTaken: () => undefined,
          watermarkUnknown: () => undefined,
          archiveUnreplicated: (_rule, { bucket, key }, status) => {
            this.alarms.push(`${bucket}/${key} ${status}`);
          },
        },
      },
    );
  }
}

const MINUTELY = Array.from({ length: 600 }, (_, index) => archive(3600 * 10 - index * 60));
/** Twice as many as a list holds, one per 30 s. */
const MANY = Array.from({ length: 2000 }, (_, index) => archive(60_000 - index * 30));

describe('the archives whose status is read', () => {
  test('include each archive once, at the age of ten minutes, and those with the oldest objects', () => {
    const chosen = chooseArchives(MINUTELY, undefined, NOW).map(({ lastModified }) => (NOW - lastModified) / 1000);
    expect(chosen).toEqual([36_000, 35_940, 35_880, 35_820, 900, 840, 780, 720, 660, 600]);
  });

  test('are a sample of many archives, including the first and the last', () => {
    const many = Array.from({ length: 300 }, (_, index) => archive(959 - index));
    const chosen = chooseArchives(many, undefined, NOW).map(({ lastModified }) => (NOW - lastModified) / 1000);
    // Four are the oldest; the first of the others is among them.
    expect(chosen).toHaveLength(4 + 8 - 1);
    expect([chosen[0], chosen.at(-1)]).toEqual([959, 660]);
  });

  test('include some that have just arrived, if a rule has more than a list holds', () => {
    const chosen = chooseArchives(MANY.slice(0, 1000), [archive(1800), archive(1799), archive(30)], NOW);
    expect(chosen.map(({ lastModified }) => (NOW - lastModified) / 1000)).toEqual([
      60_000, 59_970, 59_940, 59_910, 1800, 1799,
    ]);
  });

  test('exclude those that were put less than ten minutes ago', () => {
    expect(chooseArchives([archive(9000, 30)], [archive(9000, 30)], NOW)).toEqual([]);
  });
});

describe('archives that S3 does not replicate', () => {
  test('do not exist if everything is replicated, which a dozen requests show', async () => {
    const outbound = new Outbound(MINUTELY);
    await outbound.search();
    expect(await outbound.search()).toEqual({ oldestPending: undefined, oldestStuck: undefined });
    expect(outbound.asked).toHaveLength(10);
  });

  test('are found among all archives by a process that does not know the rule yet', async () => {
    const outbound = new Outbound(MINUTELY);
    outbound.statuses.set(archive(18_000).key, 'none');
    expect(await outbound.search()).toMatchObject({ oldestStuck: NOW - 18_000_000 });
    expect(outbound.alarms).toEqual([`outbound/${archive(18_000).key} none`]);
  });

  test('are found within a quarter of an hour after rules were removed, including the oldest archive that missed them', async () => {
    const outbound = new Outbound(MANY);
    await outbound.search();
    const removed = NOW - 3_000_000;
    for (const { key, lastModified } of MANY) if (lastModified > removed) outbound.statuses.set(key, 'none');
    const { oldestStuck } = await outbound.search();
    expect(oldestStuck).toBe(Math.min(...MANY.map((one) => one.lastModified).filter((put) => put > removed)));
    expect(outbound.alarms.length).toBeGreaterThan(0);
  });

  test('are named until they are replicated, although they were due only once', async () => {
    const outbound = new Outbound(MINUTELY);
    await outbound.search();
    outbound.statuses.set(archive(660).key, 'none');
    await outbound.search();
    const later = { now: NOW + 3_600_000 };
    expect(await outbound.search(later)).toMatchObject({ oldestStuck: NOW - 660_000 });
    expect(outbound.alarms).toEqual([`outbound/${archive(660).key} none`]);
    outbound.statuses.clear();
    expect(await outbound.search(later)).toMatchObject({ oldestStuck: undefined });
    expect(outbound.alarms).toEqual([]);
  });

  test('do not include an archive that was just put, whatever S3 says', async () => {
    const outbound = new Outbound([archive(5000, 30)]);
    outbound.statuses.set(archive(5000, 30).key, 'none');
    expect(await outbound.search()).toEqual({ oldestPending: NOW - 5_000_000, oldestStuck: undefined });
    expect(outbound.alarms).toEqual([]);
  });

  test('raise no alarm for a failure the first time or while its queue holds it, and raise one after that', async () => {
    const outbound = new Outbound([archive(5000)]);
    outbound.statuses.set(archive(5000).key, 'FAILED');
    expect(await outbound.search({ hasFailures: true })).toMatchObject({ oldestStuck: NOW - 5_000_000 });
    expect(outbound.alarms).toEqual([]);
    await outbound.search();
    expect(outbound.alarms).toEqual([`outbound/${archive(5000).key} FAILED`]);
  });

  test('include a failure that is found by its key for a rule with thousands of archives', async () => {
    const outbound = new Outbound(MANY);
    await outbound.search();
    const [failed] = MANY.slice(1700) as [ListedKey];
    outbound.statuses.set(failed.key, 'FAILED');
    expect(await outbound.search()).toMatchObject({ oldestStuck: undefined });
    expect(await outbound.search({ hasFailures: true })).toMatchObject({ oldestStuck: failed.lastModified });
  });

  test('include those beyond the budget if something has failed, so that the age is too large rather than too small', async () => {
    const outbound = new Outbound(MANY);
    await outbound.search();
    const [failed] = MANY.slice(-50) as [ListedKey];
    outbound.statuses.set(failed.key, 'FAILED');
    const { oldestStuck = Number.POSITIVE_INFINITY } = await outbound.search({ hasFailures: true, budget: 200 });
    expect(oldestStuck).toBeLessThanOrEqual(failed.lastModified);
    expect(outbound.asked.length).toBeLessThan(250);
  });
});
