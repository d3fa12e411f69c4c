import { describe, expect, test } from '@jest/globals';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { archiveOf, INBOUND, RULE, rejectOnAbort, TargetRegion, textObject } from '../../support/target-region.ts';

const archive = archiveOf([textObject('a.txt', 'first'), textObject('b.txt', 'second')]);

describe('a restore that is stopped', () => {
  test('requeues the message unattempted, and keeps the archive', async () => {
    const stopping = new AbortController();
    const region = new TargetRegion();
    const put = ({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<never> => {
      stopping.abort(new Error('The task is stopping'));
      return rejectOnAbort(signal);
    };
    const store = Object.assign(new FailingObjectStore(region.store), { put });
    region.dependencies = { ...region.dependencies, store, stop: stopping.signal };
    const message = await region.arrive(archive);

    expect((await region.process(message)).batchItemFailures).toEqual([]);

    expect(region.queue.again).toEqual([message]);
    expect(region.telemetry.failures).toEqual([]);
    expect(region.telemetry.failedObjects).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([`${RULE.id}/a.tar.zst`]);
  });

  test('begins nothing new', async () => {
    const region = new TargetRegion();
    const stop = AbortSignal.abort(new Error('The task is stopping'));
    region.dependencies = { ...region.dependencies, stop };
    const message = await region.arrive(archive);

    expect((await region.process(message)).batchItemFailures).toEqual([]);

    expect(region.queue.again).toEqual([message]);
    expect(region.text('a.txt')).toBeUndefined();
  });

  test('has no deadline if the process has none', async () => {
    const region = new TargetRegion();
    region.dependencies = { ...region.dependencies, remainingMilliseconds: () => Number.POSITIVE_INFINITY };

    expect((await region.process(await region.arrive(archive))).batchItemFailures).toEqual([]);

    expect(region.text('a.txt')).toBe('first');
  });
});
