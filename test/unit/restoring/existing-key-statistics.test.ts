import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ExistingKeyStatistics } from '../../../src/restoring/existing-key-statistics.ts';
import { exampleRule } from '../../support/rules.ts';
import { archiveOf, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const keysIn = (folder: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `${folder}${from + index}`);

/** An archive with version `version` of each key. */
const versions = (keys: readonly string[], version: number): Buffer =>
  archiveOf(keys.map((key) => textObject(key, `version ${version}`, { sequencer: `0${version}` })));

/** How many PUTs and HEADs it takes to restore an archive. */
async function requestsOf(region: TargetRegion, archive: Buffer, name: string): Promise<{ put: number; head: number }> {
  const { put, head } = { ...region.calls.counts };
  await region.process(await region.arrive(archive, `${RULE.id}/${name}.tar.zst`));
  expect(region.telemetry.failedObjects).toEqual([]);
  return { put: region.calls.counts.put - put, head: region.calls.counts.head - head };
}

describe('the requests of the target', () => {
  test('are one PUT per new key', async () => {
    const region = new TargetRegion();
    expect(await requestsOf(region, versions(keysIn('a/', 100), 1), 'one')).toEqual({ put: 100, head: 0 });
    expect(await requestsOf(region, versions(keysIn('a/', 100, 100), 1), 'two')).toEqual({ put: 100, head: 0 });
  });

  test('are one PUT and one HEAD per overwritten key, except that the first PUT of a process may be sent twice', async () => {
    const region = new TargetRegion();
    const keys = keysIn('a/', 100);
    for (const key of keys) await region.store.place({ bucket: TARGET, key }, Buffer.from('theirs'));

    expect(await requestsOf(region, versions(keys, 1), 'one')).toEqual({ put: 101, head: 100 });
    expect(await requestsOf(region, versions(keys, 2), 'two')).toEqual({ put: 100, head: 100 });

    expect(keys.map((key) => region.text(key))).toEqual(keys.map(() => 'version 2'));
    expect(region.telemetry.archives.map(({ overwritten }) => overwritten)).toEqual([100, 100]);
  });

  test('are close to that if one key in five exists', async () => {
    const region = new TargetRegion();
    const mixed = (archive: number): string[] =>
      [...keysIn('a/', 80, archive * 80), ...keysIn('a/old', 20)]
        .map((key, index) => ({ key, order: (index * 37) % 100 }))
        .toSorted((left, right) => left.order - right.order)
        .map(({ key }) => key);
    for (const key of keysIn('a/old', 20)) await region.store.place({ bucket: TARGET, key }, Buffer.from('old'));
    const first = await requestsOf(region, versions(mixed(0), 1), 'one');
    expect(first.put).toBeLessThanOrEqual(105);
    expect(await requestsOf(region, versions(mixed(1), 2), 'two')).toEqual({ put: 100, head: 100 });
  });

  test('return to one PUT when keys are new again', async () => {
    const region = new TargetRegion();
    const keys = keysIn('a/', 20);
    for (const version of [1, 2]) await requestsOf(region, versions(keys, version), `old-${version}`);
    await requestsOf(region, versions(keysIn('b/', 1000), 1), 'new');
    expect(await requestsOf(region, versions(keysIn('c/', 100), 1), 'newer')).toEqual({ put: 100, head: 0 });
  });

  test('depend on the folder: HEADs for a folder of state, none for a folder of logs beside it', async () => {
    const region = new TargetRegion();
    const state = keysIn('state/', 50);
    for (let version = 1; version <= 3; version += 1) {
      await requestsOf(region, versions([...state, ...keysIn('logs/', 100, version * 100)], version), `${version}`);
    }
    expect(await requestsOf(region, versions(state, 4), 'state')).toEqual({ put: 50, head: 50 });
    expect(await requestsOf(region, versions(keysIn('logs/', 50, 900), 4), 'logs')).toEqual({ put: 50, head: 0 });
  });

  test('are learned separately for each destination', async () => {
    const rule = exampleRule({}, [{ bucket: 'full' }, { bucket: 'empty' }]);
    const region = new TargetRegion({ rules: [rule] });
    const keys = keysIn('a/', 50);
    for (const key of keys) await region.store.place({ bucket: 'full', key }, Buffer.from('old'));
    const archive = versions(keys, 1);
    expect(await requestsOf(region, archive, 'one')).toEqual({ put: 101, head: 50 });
  });
});

describe('ExistingKeyStatistics', () => {
  const [destination] = RULE.destinations;
  if (destination === undefined) throw new TypeError('The example rule has no destination');
  const location = { bucket: TARGET, key: 'a/b' };

  test('lets the next write proceed if the first write to a destination fails', async () => {
    const keys = new ExistingKeyStatistics({ s3_put_request: 5e-6, s3_get_request: 0.4e-6 });
    const first = keys.write(destination, location, () => Promise.reject(new Error('no response')));
    const second = keys.write(destination, location, (looksFirst) => Promise.resolve(looksFirst));
    await expect(first).rejects.toThrow('no response');
    expect(await second).toBe(false);
  });

  test.each([
    ['a HEAD costs as much as a PUT', 5e-6, false],
    ['a HEAD costs a twelfth of a PUT', 0.4e-6, true],
  ])('checks keys first if one in five exists and a HEAD is cheap enough: %s', async (_, head, looks) => {
    const keys = new ExistingKeyStatistics({ s3_put_request: 5e-6, s3_get_request: head });
    const write = (existed: boolean): Promise<boolean> =>
      keys.write(destination, location, (looksFirst, tell) => {
        tell(existed);
        return Promise.resolve(looksFirst);
      });
    for (let index = 0; index < 100; index += 1) await write(index % 5 === 0);
    expect(await write(false)).toBe(looks);
  });

  test('lets a few writes go unchecked while little is known, and holds the others until the first report', async () => {
    const keys = new ExistingKeyStatistics({ s3_put_request: 5e-6, s3_get_request: 0.4e-6 });
    await keys.write(destination, location, (_, tell) => {
      tell(false);
      return Promise.resolve();
    });
    const begun: (() => void)[] = [];
    const writes = Array.from({ length: 5 }, () =>
      keys.write(destination, location, (_, tell) => {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        begun.push(() => {
          tell(false);
          resolve(undefined);
        });
        return promise;
      }),
    );
    // They wait without blocking anything else.
    await nextTurn();
    expect(begun).toHaveLength(3);
    begun[0]?.();
    await nextTurn();
    expect(begun.length).toBeGreaterThan(3);
    for (let index = 1; index < 5; index += 1) {
      await nextTurn();
      begun[index]?.();
    }
    await Promise.all(writes);
  });

  test('forgets how a bucket was used long ago', async () => {
    const keys = new ExistingKeyStatistics({ s3_put_request: 5e-6, s3_get_request: 0.4e-6 });
    const write = (key: string, existed: boolean): Promise<boolean> =>
      keys.write(destination, { bucket: TARGET, key }, (looksFirst, tell) => {
        tell(existed);
        return Promise.resolve(looksFirst);
      });
    for (let index = 0; index < 4000; index += 1) await write('state/a', true);
    expect(await write('logs/a', false)).toBe(true);
    for (let index = 0; index < 5000; index += 1) await write('logs/a', false);
    expect(await write('new/a', false)).toBe(false);
  });
});
