import { describe, expect, test } from '@jest/globals';
import { type MeterOptions, startMeter, withMeter } from '../../../../src/cli/command/meter.ts';

/** A meter of a run whose clock the test sets. */
function watched(columns: number | undefined, options: MeterOptions = { what: 'Reading', unit: 'bytes' }) {
  const clock = { now: 0 };
  const notes: string[] = [];
  const shown: string[] = [];
  const statusLine = columns === undefined ? {} : { statusLine: { columns, show: (text: string) => shown.push(text) } };
  const meter = startMeter({ note: (text) => notes.push(text), now: () => clock.now, ...statusLine }, options);
  const reach = (at: number, ...progress: Parameters<typeof meter.reach>): void => {
    clock.now = at;
    meter.reach(...progress);
  };
  return { meter, reach, notes, shown };
}

describe('a meter', () => {
  test('writes nothing for work that ends within a second', () => {
    const { reach, notes, shown } = watched(60);
    reach(999, 1e9, 1e9);
    expect([notes, shown]).toEqual([[], []]);
  });

  test('overwrites one line on a terminal, with rate and time left, and leaves nothing behind', () => {
    const { meter, reach, notes, shown } = watched(60);
    reach(2000, 50e6, 200e6);
    reach(2050, 51e6, 200e6);
    reach(4000, 100e6, 200e6);
    meter.end();
    expect(shown).toEqual([
      'Reading: 50.0 MB of 200 MB, 25.0 MB/s, 6 s left',
      'Reading: 100 MB of 200 MB, 25.0 MB/s, 4 s left',
      '',
    ]);
    expect(notes).toEqual([]);
  });

  test('never fills the last column, where a terminal would wrap', () => {
    const { reach, shown } = watched(60, { what: 'Comparing', unit: 'keys' });
    reach(5000, 1_234_567, 98_765_432, '123,456 missing, 78,901 older, 23,456 different');
    expect(shown).toHaveLength(1);
    expect(shown[0]).toHaveLength(59);
  });

  test('writes plain lines without a terminal, one every ten seconds', () => {
    const { meter, reach, notes } = watched(undefined, { what: 'Looking', unit: 'checks' });
    for (let at = 1000; at <= 25_000; at += 1000) reach(at, at / 10_000, 5);
    meter.end();
    expect(notes).toEqual(['Looking: 1 of 5 checks, 0.1/s, 40 s left', 'Looking: 2 of 5 checks, 0.1/s, 30 s left']);
  });

  test('counts what an earlier run has done, but not in the rate', () => {
    const { reach, notes } = watched(undefined, { what: 'Queuing', unit: 'objects', begun: 1_000_000 });
    reach(10_000, 1_010_000, 2_000_000);
    reach(20_000, 1_020_000);
    expect(notes).toEqual([
      'Queuing: 1,010,000 of 2,000,000 objects, 1,000/s, 17 min left',
      'Queuing: 1,020,000 objects, 1,000/s',
    ]);
  });

  test('ends when its work fails', async () => {
    const shown: string[] = [];
    const output = { note: () => undefined, statusLine: { columns: 60, show: (text: string) => shown.push(text) } };
    const work = withMeter(output, { what: 'Reading', unit: 'bytes' }, () => Promise.reject(new Error('broken')));
    await expect(work).rejects.toThrow('broken');
    expect(shown).toEqual(['']);
  });
});
