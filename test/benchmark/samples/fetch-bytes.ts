import { SEED_BUCKET, seedKey } from '../server/contract.ts';
import type { Workload } from '../workloads.ts';

/** All bytes of a workload, object after object. */
export async function fetchWorkload(workload: Workload, origin: string): Promise<Uint8Array> {
  const { size, count } = workload;
  const bytes = new Uint8Array(size * count);
  for (let index = 0; index < count; index += 1) {
    bytes.set(await fetchBytes(`${origin}/${SEED_BUCKET}/${seedKey(workload, index)}`), index * size);
  }
  return bytes;
}

export async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
