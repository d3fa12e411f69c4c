import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { MIB } from '../../../src/units.ts';
import { readArchive } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

const BODY = randomBytes(20 * MIB);

/** Damages one byte of GET number `damaged` (from 1) in transit. */
class DamagingStore extends FailingObjectStore {
  damaged = 0;

  override async read(...args: Parameters<FailingObjectStore['read']>) {
    const number = this.counts.read + 1;
    const answer = await super.read(...args);
    const { into } = args[0];
    if (number === this.damaged) into[into.length - 1] = (into.at(-1) ?? 0) ^ 1;
    return answer;
  }
}

async function service(resumableBytes: number) {
  const { memory } = new SourceServiceHarness();
  const store = new DamagingStore(memory);
  const source = new SourceServiceHarness({ store, limits: { parallelReads: 16, resumableBytes } });
  await memory.place({ bucket: 'source-bucket', key: 'large' }, BODY);
  return { memory, store, source, message: await source.place('large', BODY) };
}

test.each([
  ['that no other attempt can resume', 2 ** 30],
  ['that another attempt can resume', 16 * MIB],
])('a large object %s is retried if its CRC-32 differs from that of S3', async (_, resumable) => {
  const { memory, store, source, message } = await service(resumable);
  store.damaged = 2;

  expect(await source.process(message)).toEqual([message.messageId]);
  expect(source.telemetry.failures.map(([, code]) => code)).toEqual(['SOURCE_CHECKSUM_MISMATCH']);
  expect(memory.keys(OUTBOUND)).toEqual([]);
  expect(memory.uploadKeys(OUTBOUND)).toEqual([]);
  expect(memory.keys(PROGRESS)).toEqual([]);

  expect(await source.process(message)).toEqual([]);
  const [key = ''] = memory.keys(OUTBOUND);
  const [restored] = readArchive(memory.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0));
  expect(restored?.body.equals(BODY)).toBe(true);
});

test('the checksum of a large object costs one HEAD', async () => {
  const { store, source, message } = await service(2 ** 30);

  expect(await source.process(message)).toEqual([]);
  expect(store.counts).toMatchObject({ head: 1, read: 3 });
});

test('a large object that is overwritten between its first GET and the HEAD counts as superseded', async () => {
  const { memory } = new SourceServiceHarness();
  const store = new (class extends FailingObjectStore {
    override async head(...args: Parameters<FailingObjectStore['head']>) {
      await memory.place({ bucket: 'source-bucket', key: 'large' }, Buffer.from('next'));
      return super.head(...args);
    }
  })(memory);
  const source = new SourceServiceHarness({ store });
  await memory.place({ bucket: 'source-bucket', key: 'large' }, BODY);

  expect(await source.process(await source.place('large', BODY))).toEqual([]);
  expect(source.telemetry.skipped).toContainEqual(['large', 'superseded']);
  expect(memory.keys(OUTBOUND)).toEqual([]);
});
