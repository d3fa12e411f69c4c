import { expect, test } from '@jest/globals';
import type { ObjectCreated } from '../../../src/messages/parse-notification.ts';
import { archiveKey, createAttemptId } from '../../../src/packing/archive-key.ts';

const WRITE: ObjectCreated = {
  bucket: 'source-bucket',
  key: 'large.bin',
  etag: 'e1',
  size: 2 ** 30,
  sequencer: '0055',
  eventTime: 1_790_000_000_000,
};

test.each<[string, Partial<ObjectCreated>]>([
  ['key', { key: 'other.bin' }],
  ['ETag', { etag: 'e2' }],
  ['sequencer, since the same bytes written twice are two writes', { sequencer: '0056' }],
])('the key shared by all attempts at a resumable object depends on its %s', (_, other) => {
  expect(archiveKey('rule', [{ ...WRITE, ...other }])).not.toBe(archiveKey('rule', [WRITE]));
});

test('the time distinguishes writes without a sequencer', () => {
  const first = { ...WRITE, sequencer: undefined };
  const later = { ...first, eventTime: first.eventTime + 1 };
  const hash = (key: string): string => key.slice(-40);
  expect(hash(archiveKey('rule', [later]))).not.toBe(hash(archiveKey('rule', [first])));
});

test('the attempt changes the key, but the order of the events does not', () => {
  const [one, two] = [WRITE, { ...WRITE, key: 'b' }];
  expect(archiveKey('rule', [one, two])).toBe(archiveKey('rule', [two, one]));
  expect(archiveKey('rule', [one], createAttemptId())).not.toBe(archiveKey('rule', [one], createAttemptId()));
});

test('a key holds the time of the earliest event, a hash, and the attempt if there is one', () => {
  expect(archiveKey('rule', [WRITE])).toMatch(/^rule\/20260921T141320000Z-[0-9a-f]{32}\.tar\.zst$/);
  expect(archiveKey('rule', [WRITE], 'a1')).toMatch(/^rule\/20260921T141320000Z-[0-9a-f]{32}-a1\.tar\.zst$/);
  expect(createAttemptId()).toMatch(/^[0-9a-f]{16}$/);
});
