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
  test('tells archive, rule and region', () => {
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
  ])('belongs to a rule as any other: %s', (key, rule) => {
    expect(ruleOfArchive(key)).toBe(rule);
  });
});

test('regions that something is sent to alone are those of rules with several, each once', () => {
  expect(resendRegions([to('a'), to('b', 'b'), to('c', 'a'), to('c', 'd')])).toEqual(['c', 'a', 'd']);
});
