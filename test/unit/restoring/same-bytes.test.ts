import { describe, expect, test } from '@jest/globals';
import { UploadGoneError } from '../../../src/storage/errors.ts';
import { FailingObjectStore, type FailingOptions, type StoreCall } from '../../support/failing-object-store.ts';
import { archiveOf, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const AT = { bucket: TARGET, key: 'k' };

class Region extends TargetRegion {
  failing = new FailingObjectStore(this.store);

  watch(calls: Partial<Record<StoreCall, readonly number[]>> = {}, options: FailingOptions = {}): void {
    this.failing = new FailingObjectStore(this.store, calls, options);
    this.dependencies = { ...this.dependencies, store: this.failing };
  }

  /** Restores one version of `k` from a redelivered archive, so that the key is checked first. */
  async restore(sequence: number, text: string): Promise<number> {
    const archive = archiveOf([textObject('k', text, { sequencer: `${sequence}` })]);
    const message = await this.arrive(archive, `${RULE.id}/${sequence}.tar.zst`, 2);
    return (await this.process(message)).batchItemFailures.length;
  }

  get sequencer(): string | undefined {
    return this.store.look(AT)?.description.metadata['s3xrc']?.split(':')[4];
  }
}

describe('a key that returns to bytes that it had before', () => {
  test('never ends with the version in between, even if its restore checked the key before the last write', async () => {
    const region = new Region();
    await region.restore(1, 'on');
    const looked = Promise.withResolvers<undefined>();
    const resume = Promise.withResolvers<undefined>();
    region.watch(
      {},
      {
        hold: (call, count) => {
          if (call !== 'put' || count > 1) return undefined;
          looked.resolve(undefined);
          return resume.promise;
        },
      },
    );
    const second = region.restore(2, 'off');
    await looked.promise;
    expect(await region.restore(3, 'on')).toBe(0);
    resume.resolve(undefined);

    expect(await second).toBe(0);

    expect([region.text('k'), region.sequencer]).toEqual(['on', '3']);
    expect(region.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
  });

  test('costs three requests if the bytes stay the same and were written in one PUT, and one request otherwise', async () => {
    const region = new Region();
    region.watch();
    await region.restore(1, 'on');
    await region.restore(2, 'off');
    expect(region.failing.counts).toMatchObject({ put: 2, createUpload: 0 });
    await region.restore(3, 'off');
    expect(region.failing.counts).toMatchObject({ put: 2, createUpload: 1, uploadPart: 1, complete: 1 });
    await region.restore(4, 'off');
    expect(region.failing.counts).toMatchObject({ put: 3, createUpload: 1 });
    expect([region.text('k'), region.sequencer]).toEqual(['off', '4']);
    expect(region.store.uploadKeys(TARGET)).toEqual([]);
  });

  test('leaves no part behind if the write fails, and reports an upload that it cannot abort', async () => {
    const region = new Region();
    await region.restore(1, 'on');
    region.watch({ complete: [1] });
    expect(await region.restore(2, 'on')).toBe(1);
    expect(region.store.uploadKeys(TARGET)).toEqual([]);

    region.watch({ complete: [1], abort: [1] }, { error: (call) => new UploadGoneError(`${call} fails`) });
    expect(await region.restore(3, 'on')).toBe(1);
    expect(region.telemetry.failedObjects.slice(-2)).toEqual([
      ['k', 'UPLOAD_GONE'],
      ['k', 'UPLOAD_GONE'],
    ]);
    region.watch();
    expect(await region.restore(3, 'on')).toBe(0);
    expect(region.sequencer).toBe('3');
  });
});
