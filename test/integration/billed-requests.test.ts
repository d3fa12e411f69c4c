import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestDollars } from '../support/charged-requests.ts';
import { type Billed, CountedShipping, type Shipment } from '../support/counted-shipment.ts';

const MIB = 2 ** 20;
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
 * Worked by hand. Source: a GET per object; of a large one a GET per frame (round(size / 8 MiB)) and a HEAD for its checksum; the
 * archive's PUT, or where it is over 8 MiB opening, parts and completion. Target: the tail with the manifest, a GET per frame; per object
 * and destination a PUT, of a key that exists a HEAD before, of a large object a HEAD, opening, a part per frame, and completion.
 */
const ROWS: Readonly<Record<string, Row>> = {
  '100 small new objects': {
    sent: { size: 2000, count: 100 },
    source: { puts: 1, gets: 100 },
    target: { puts: 100, gets: 1 + 1 },
  },
  '100 small objects whose keys exist': {
    // Of another size than the other rows, since their keys tell the size: what is written over here stays.
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

describe('requests that a bill has, as a server counts them at the other end of the socket', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { sent, source, target }) => {
    const shipment = await shipping.send(sent);
    expect(shipment).toMatchObject({ source, target });
    const overwritten = sent.overwritten === true ? sent.count : 0;
    const { billed, charged } = requestDollars(shipment, { source, target }, { replicaPuts: source.puts, overwritten });
    // The model has shares of parts and frames where a bill has whole ones; and a share of a part where an archive takes a PUT.
    expect(Math.abs(charged - billed)).toBeLessThan(shipment.archive.archiveBytes < MIB ? 0.1 * PUT : 2 * PUT);
  });

  test('a redelivered archive that is restored already: its tail and a look at each key again, no frame and no write', async () => {
    const { target } = await shipping.send({ size: 2000, count: 100, redelivered: true });
    expect(target).toEqual({ puts: 100, gets: 1 + 1 + (1 + 100) });
  });
});
