import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MIB } from '../../src/units.ts';
import { requestDollars } from '../support/charged-requests.ts';
import { type Billed, CountedShipping, type Shipment } from '../support/counted-shipment.ts';

const PUT = 5e-6;

let shipping: CountedShipping;
beforeAll(async () => {
  shipping = await CountedShipping.open();
});
afterAll(() => shipping[Symbol.asyncDispose]());

interface Row {
  readonly sent: Shipment;
  readonly source: Billed;
  readonly target: Billed;
}

/**
 * Worked out by hand. Source: a GET per object; for a large one a GET per frame (round(size / 8 MiB)) and a HEAD for
 * its checksum; the archive's PUT, or above 8 MiB creation, parts and completion of an upload. Target: the tail with
 * the manifest, a GET per frame; per object and destination a PUT, with a HEAD before it if the key exists; for a large
 * object a HEAD, creation, a part per frame, and completion.
 */
const ROWS: Readonly<Record<string, Row>> = {
  '100 small new objects': {
    sent: { size: 2000, count: 100 },
    source: { puts: 1, gets: 100 },
    target: { puts: 100, gets: 1 + 1 },
  },
  '100 small objects whose keys exist': {
    // The size differs from that of the other rows, because the keys depend on it: what is overwritten here stays.
    sent: { size: 2100, count: 100, overwritten: true },
    source: { puts: 1, gets: 100 },
    target: { puts: 100, gets: 1 + 1 + 100 },
  },
  'one of 20 MiB, 5 MB in its archive': {
    sent: { size: 20 * MIB, count: 1 },
    source: { puts: 1, gets: 3 + 1 },
    target: { puts: 1 + 3 + 1, gets: 1 + 3 + 1 },
  },
  'one of 100 MB, 25 MB in its archive': {
    sent: { size: 100e6, count: 1 },
    source: { puts: 1 + 3 + 1, gets: 12 + 1 },
    target: { puts: 1 + 12 + 1, gets: 1 + 12 + 1 },
  },
  '100 small objects to two buckets of a region': {
    sent: { size: 2000, count: 100, destinations: 2 },
    source: { puts: 1, gets: 100 },
    target: { puts: 200, gets: 1 + 1 },
  },
};

describe('billed requests, as the server counts them', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { sent, source, target }) => {
    const shipment = await shipping.send(sent);
    expect(shipment).toMatchObject({ source, target });
    const overwritten = sent.overwritten === true ? sent.count : 0;
    const { billed, charged } = requestDollars(shipment, { source, target }, { replicaPuts: source.puts, overwritten });
    // The model charges fractions of parts and frames, a bill whole ones; for an archive in one PUT, it charges a
    // fraction of a part.
    expect(Math.abs(charged - billed)).toBeLessThan(shipment.archive.archiveBytes < MIB ? 0.1 * PUT : 2 * PUT);
  });

  test('a redelivered archive that is already restored costs its tail and a check of each key, but no frame or write', async () => {
    const { target } = await shipping.send({ size: 2000, count: 100, redelivered: true });
    expect(target).toEqual({ puts: 100, gets: 1 + 1 + (1 + 100) });
  });
});
