import { expect, test } from '@jest/globals';
import { DemoFailedError } from '../../../../src/cli/demo/errors.ts';
import { EventCopies } from '../../../../src/cli/demo/pipeline/event-copies.ts';

function eventOf(key: string, eTag: string): string {
  return JSON.stringify({ Records: [{ eventTime: '2026-11-29T12:00:00.123Z', s3: { object: { key, eTag } } }] });
}

test('returns the exact event of a version whose key is form-encoded', () => {
  const copies = new EventCopies();
  const events = [eventOf('a+b%2Bc%2F%C3%BC', '1'), eventOf('a+b%2Bc%2F%C3%BC', '2')];
  for (const event of events) copies.keep(event);
  expect(copies.bodyOf({ key: 'a b+c/ü', etag: '1' })).toBe(events[0]);
  expect(copies.bodyOf({ key: 'a b+c/ü', etag: '2' })).toBe(events[1]);
});

test('keeps each event of a removal once, and none of an object', () => {
  const copies = new EventCopies();
  const removal = (eventName: string): string =>
    JSON.stringify({ Records: [{ eventName, s3: { object: { key: 'a', versionId: '1' } } }] });
  const events = [removal('ObjectRemoved:DeleteMarkerCreated'), removal('ObjectRemoved:Delete')];
  for (const event of [...events, ...events, eventOf('a', '1')]) copies.keep(event);
  expect(copies.removals).toEqual(events);
});

test('ignores other messages, and fails for a version that had no event', () => {
  const copies = new EventCopies();
  copies.keep('{"Event":"s3:TestEvent"}');
  expect(() => copies.bodyOf({ key: 'a', etag: '1' })).toThrow(DemoFailedError);
});
