import { describe, expect, test } from '@jest/globals';
import type { DeadLetterFound } from '../../../../src/cli/demo/pipeline/dead-letters.ts';
import { sortLetters } from '../../../../src/cli/demo/pipeline/send-damaged.ts';

const COPY = { region: 'us-east-1', bucket: 'inbound-us-east-1', key: 'rule/1-damaged.tar.zst' };

function letterOf(bucket: string, key: string): DeadLetterFound {
  const body = JSON.stringify({ Records: [{ s3: { bucket: { name: bucket }, object: { key } } }] });
  return { queue: 'target queue', code: 'ARCHIVE_NOT_RESTORED', reason: 'damaged', body };
}

describe('sortLetters', () => {
  test('removes the dead letters of damaged copies, however the event spells their key', () => {
    const letters = [letterOf(COPY.bucket, COPY.key), letterOf(COPY.bucket, encodeURIComponent(COPY.key))];
    expect(sortLetters(letters, [COPY])).toEqual({ others: [], unrefused: [] });
  });

  test('keeps the dead letters of other archives, and of the same key in another region', () => {
    const letters = [letterOf(COPY.bucket, 'rule/1.tar.zst'), letterOf('inbound-eu-west-1', COPY.key)];
    expect(sortLetters(letters, [COPY])).toEqual({ others: letters, unrefused: [COPY] });
  });
});
