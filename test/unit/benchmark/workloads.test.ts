import { describe, expect, it } from '@jest/globals';
import { parseSeedKey, seedKey } from '../../benchmark/server/contract.ts';
import { makeCorpus } from '../../benchmark/workloads.ts';

describe('makeCorpus', () => {
  it('makes the same bytes every time', () => {
    expect(makeCorpus('logs').equals(makeCorpus('logs'))).toBe(true);
  });

  it('makes records that are whole JSON documents of 10,000 bytes', () => {
    const records = makeCorpus('records');
    for (const at of [0, 10_000, 31_990_000]) {
      expect(JSON.parse(records.toString('latin1', at, at + 10_000))).toHaveProperty('items');
    }
  });
});

describe('parseSeedKey', () => {
  it('reads the description of the object from its key', () => {
    const key = seedKey({ corpus: 'logs', size: 1000, count: 5, first: 40 }, 2);
    expect(parseSeedKey(key)).toEqual({ corpus: 'logs', size: 1000, offset: 42_000 });
  });

  it('returns undefined for other keys', () => {
    expect(parseSeedKey('images/1000/000001.png')).toBeUndefined();
  });
});
