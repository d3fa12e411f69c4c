import { describe, expect, test } from '@jest/globals';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { OUTBOUND, SourceServiceHarness } from '../../support/source-service.ts';
import { rejectOnAbort } from '../../support/target-region.ts';

describe('a packing process that is stopped', () => {
  test('requeues every message unattempted, and aborts the upload', async () => {
    const stopping = new AbortController();
    const harness = new SourceServiceHarness();
    const put = ({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<never> => {
      stopping.abort(new Error('The task is stopping'));
      return rejectOnAbort(signal);
    };
    const store = Object.assign(new FailingObjectStore(harness.memory), { put });
    const source = new SourceServiceHarness({ store, stop: stopping.signal });
    const [first, second] = [await harness.place('a', '1'), await harness.place('b', '2')];

    expect(await source.process(first, second)).toEqual([]);

    expect(source.queue.again).toEqual([first, second]);
    expect(source.queue.letters).toEqual([]);
    expect(source.telemetry.failures).toEqual([]);
    expect(harness.memory.keys(OUTBOUND)).toEqual([]);
  });

  test('begins nothing new', async () => {
    const source = new SourceServiceHarness({ stop: AbortSignal.abort(new Error('The task is stopping')) });
    const message = await source.place('a', '1');

    expect(await source.process(message)).toEqual([]);

    expect(source.queue.again).toEqual([message]);
    expect(source.archiveKeys()).toEqual([]);
  });

  test('has no deadline if the process has none', async () => {
    const source = new SourceServiceHarness();
    source.remaining = Number.POSITIVE_INFINITY;

    expect(await source.process(await source.place('a', '1'))).toEqual([]);

    expect(source.archiveKeys()).toHaveLength(1);
  });
});
