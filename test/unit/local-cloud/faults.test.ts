import { describe, expect, it } from '@jest/globals';
import { chooseFault, FAULTS } from '../../../local-cloud/faults/choose-fault.ts';
import { seededRandom } from '../../../local-cloud/faults/random.ts';
import { makeThrottlingResponse } from '../../../local-cloud/faults/throttling-response.ts';

describe('chooseFault', () => {
  it('fails about the given share of the requests, in all available ways', () => {
    const random = seededRandom(1);
    const chosen = Array.from({ length: 10_000 }, () => chooseFault(0.05, FAULTS, random));
    const failed = chosen.filter((fault) => fault !== undefined);
    expect(failed.length).toBeGreaterThan(400);
    expect(failed.length).toBeLessThan(600);
    expect(new Set(failed)).toEqual(new Set(FAULTS));
  });

  it('lets everything through at share 0 and nothing at share 1', () => {
    const random = seededRandom(2);
    for (let i = 0; i < 100; i += 1) {
      expect(chooseFault(0, FAULTS, random)).toBeUndefined();
      expect(chooseFault(1, FAULTS, random)).toBeDefined();
    }
  });
});

describe('seededRandom', () => {
  it('repeats itself for the same seed and differs for another one', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    for (const number of draw(7)) expect(number >= 0 && number < 1).toBe(true);
  });
});

describe('makeThrottlingResponse', () => {
  it("is S3's error document for S3", () => {
    const { status, body } = makeThrottlingResponse({ host: 'x' });
    expect(status).toBe(503);
    expect(body).toContain('<Code>SlowDown</Code>');
  });

  it('is a JSON error for services that name their operation in a header', () => {
    const { status, body } = makeThrottlingResponse({ 'x-amz-target': 'AmazonSQS.SendMessage' });
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ __type: 'com.amazonaws#ServiceUnavailable' });
  });
});
