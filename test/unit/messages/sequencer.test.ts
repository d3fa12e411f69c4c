import { describe, expect, test } from '@jest/globals';
import { compareSequencers, compareWrites, lastRemoval, type WriteOrder } from '../../../src/messages/sequencer.ts';

describe('compareSequencers', () => {
  test('pads the shorter one on the right, as S3 documents', () => {
    expect(compareSequencers('0055AED6', '0055AED6DCD90281E5')).toBeLessThan(0);
    expect(compareSequencers('0056', '0055AED6DCD90281E5')).toBeGreaterThan(0);
    expect(compareSequencers('0055', '005500')).toBe(0);
  });

  test('ignores the case of hex digits', () => {
    expect(compareSequencers('00aa', '00AA')).toBe(0);
    expect(compareSequencers('00ab', '00AA')).toBeGreaterThan(0);
  });
});

describe('compareWrites', () => {
  test('prefers sequencers to event times', () => {
    expect(compareWrites({ sequencer: '02', eventTime: 1 }, { sequencer: '01', eventTime: 9 })).toBeGreaterThan(0);
  });

  test('falls back to event times if neither has a sequencer', () => {
    expect(compareWrites({ eventTime: 1 }, { eventTime: 9 })).toBeLessThan(0);
    expect(compareWrites({ eventTime: 9 }, { eventTime: 9 })).toBe(0);
  });

  test('puts a write without a sequencer before one that has it, whatever their times are', () => {
    expect(compareWrites({ eventTime: 9 }, { sequencer: '01', eventTime: 1 })).toBeLessThan(0);
    expect(compareWrites({ sequencer: '01', eventTime: 1 }, { eventTime: 9 })).toBeGreaterThan(0);
  });
});

describe('lastRemoval', () => {
  const [later, earlier] = [
    { sequencer: '02', eventTime: 1 },
    { sequencer: '01', eventTime: 9 },
  ];

  test('returns the same removal for any order, even if times and sequencers form a circle', () => {
    const timed = { eventTime: 5 };
    for (const removals of [
      [later, earlier, timed],
      [later, timed, earlier],
      [earlier, later, timed],
      [earlier, timed, later],
      [timed, later, earlier],
      [timed, earlier, later],
    ]) {
      expect(lastRemoval(removals)).toBe(timed);
    }
    expect(lastRemoval([earlier, later])).toBe(later);
    expect(lastRemoval([{ eventTime: 3 }, timed, { eventTime: 4 }])).toBe(timed);
  });

  test('returns the removal with a sequencer unless the other is later, and undefined for an empty list', () => {
    expect(lastRemoval([{ eventTime: 1 }, later])).toBe(later);
    expect(lastRemoval<WriteOrder>([])).toBeUndefined();
  });
});
