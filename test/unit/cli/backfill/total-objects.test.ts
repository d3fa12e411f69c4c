import { describe, expect, test } from '@jest/globals';
import { TotalObjects } from '../../../../src/cli/backfill/total-objects.ts';

describe('the total of a backfill', () => {
  test('is counted during the backfill if it is unknown', async () => {
    using total = new TotalObjects(undefined);
    const counted = Promise.resolve({ objects: 7 });
    total.countBeside(() => counted);
    expect(total.objects).toBeUndefined();
    await counted;
    expect(total.objects).toBe(7);
  });

  test('is not counted if it is known', () => {
    using total = new TotalObjects(5);
    total.countBeside(() => {
      throw new TypeError('counted');
    });
    expect(total.objects).toBe(5);
  });

  test('stays unknown if counting fails, and counting ends with the backfill', async () => {
    let ended = false;
    const total = new TotalObjects(undefined);
    const failed = Promise.reject(new TypeError('S3 does not answer'));
    total.countBeside(async (signal) => {
      signal.addEventListener('abort', () => {
        ended = true;
      });
      return await failed;
    });
    await expect(failed).rejects.toThrow();
    await Promise.resolve();
    expect(total.objects).toBeUndefined();
    total[Symbol.dispose]();
    expect(ended).toBe(true);
  });
});
