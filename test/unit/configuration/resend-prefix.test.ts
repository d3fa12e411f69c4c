import { describe, expect, test } from '@jest/globals';
import {
  parseResentKey,
  resendPrefix,
  resendRegions,
  ruleOfArchive,
} from '../../../src/configuration/resend-prefix.ts';

const to = (...regions: readonly string[]) => ({
  destinations: regions.map((region) => ({ region, bucket: 'b', onConflict: 'overwrite' as const })),
});

describe('the key of an archive that is resent to one region', () => {
  test('contains archive, rule and region', () => {
    const archiveKey = 'data-1a2b3c4d5e/20261123T191500123Z-00.tar.zst';
    const key = `${resendPrefix('us-east-1')}${archiveKey}`;
    expect(parseResentKey(key)).toEqual({ archiveKey, region: 'us-east-1' });
    expect(ruleOfArchive(key)).toBe('data-1a2b3c4d5e');
  });

  test.each(['data-1a2b3c4d5e/a.tar.zst', '_resend-', '_resend-us-east-1', '_staging/1', ''])('is not %j', (key) => {
    expect(parseResentKey(key)).toEqual({ archiveKey: key });
  });

  test.each([
    ['data-1a2b3c4d5e/a.tar.zst', 'data-1a2b3c4d5e'],
    ['a.tar.zst', ''],
    ['_resend-us-east-1/a.tar.zst', ''],
  ])('otherwise belongs to the rule in its first part, if any: %s', (key, rule) => {
    expect(ruleOfArchive(key)).toBe(rule);
  });
});

test('lists the regions of rules with several regions, each once', () => {
  expect(resendRegions([to('a'), to('b', 'b'), to('c', 'a'), to('c', 'd')])).toEqual(['c', 'a', 'd']);
});
