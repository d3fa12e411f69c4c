import { crc32 } from 'node:zlib';
import pLimit from 'p-limit';
import { S3ObjectStore } from '../../../src/aws/s3/object-store.ts';
import type { SampleResult, TransportTask } from '../sample-contract.ts';
import { SEED_BUCKET, seedEtag, seedKey } from '../server/contract.ts';
import { measure } from './measure.ts';
import { makeServiceEnvironment } from './service-environment.ts';

/** Parts of large objects that the services have in flight. */
const IN_FLIGHT = 8;

/**
 * The services' S3 client alone: each object of a workload is read as a whole into one of a few buffers, or written, or
 * its CRC-32 is computed.
 */
export async function runTransport({ workload, work, bucket }: TransportTask, origin: string): Promise<SampleResult> {
  const environment = await makeServiceEnvironment({ origin, level: 3, archives: bucket, target: bucket });
  try {
    Object.assign(process.env, environment.source);
    const store = new S3ObjectStore();
    const buffers = Array.from({ length: IN_FLIGHT }, () => new Uint8Array(workload.size));
    const once = async (index: number): Promise<void> => {
      const into = buffers.pop();
      if (into === undefined) throw new TypeError('More calls than buffers are in flight');
      if (work === 'read') {
        const key = seedKey(workload, index);
        await store.read({ bucket: SEED_BUCKET, key, etag: seedEtag(key), into });
      } else if (work === 'write') {
        const always = { kind: 'always' } as const;
        const object = { bucket, key: `${index}`, headers: {}, metadata: {}, tags: [], body: into };
        // The benchmark's server accepts any checksum; computing it has its own row.
        await store.put({ ...object, crc32: 0, condition: always });
      } else crc32(into);
      buffers.push(into);
    };
    const limit = pLimit(IN_FLIGHT);
    const all = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, (_, index) => limit(() => once(index))));
    await all(IN_FLIGHT);
    return await measure(async () => {
      await all(workload.count);
      return 0;
    });
  } finally {
    await environment.remove();
  }
}
