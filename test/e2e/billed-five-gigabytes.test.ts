import { expect, test } from '@jest/globals';
import { requestDollars } from '../support/charged-requests.ts';
import { CountedShipping } from '../support/counted-shipment.ts';

test('an object of 5 GB costs the requests that the cost model charges', async () => {
  await using shipping = await CountedShipping.open();
  const { source, target, requests, ...shipment } = await shipping.send({ size: 5e9, count: 1 });
  // Worked out by hand: 5e9 / 8 MiB are 596 frames; each is a ranged GET on both sides, and a part at the target.
  const frames = 596;
  // It looks for the record of a resumable upload and for the archive, then asks for the checksum of the object.
  expect(requests.source).toMatchObject({ GET: frames, HEAD: 3, 'POST uploads': 1, 'POST uploadId': 1 });
  expect(requests.target).toMatchObject({ GET: 1 + frames, HEAD: 1, 'POST uploads': 1, 'POST uploadId': 1 });
  // Slices are whole tar blocks, so one more part may be needed; and S3 is asked once for what an earlier attempt left.
  expect(target.puts - (1 + 1 + 1 + frames)).toBeLessThanOrEqual(1);
  // A part of the archive has at least 8 MiB, and less than a frame more.
  const parts = requests.source['PUT part'] ?? 0;
  expect(parts).toBeLessThanOrEqual(Math.ceil(shipment.archive.archiveBytes / 2 ** 23));
  expect(parts).toBeGreaterThan(shipment.archive.archiveBytes / (12 * 2 ** 20));
  // The record is written for every fourth part, when it is acquired and released, and three times per 180-second
  // lease.
  expect(requests.source['PUT'] ?? 0).toBeGreaterThanOrEqual(Math.floor(parts / 4));
  expect(requests.source['PUT'] ?? 0).toBeLessThanOrEqual(Math.ceil(parts / 4) + 12);
  const { billed, charged } = requestDollars(shipment, { source, target }, { replicaPuts: 1 + parts + 1 });
  expect(charged / billed).toBeGreaterThan(0.9);
  expect(charged / billed).toBeLessThan(1.1);
}, 600_000);
