import { SEED_BUCKET, seedKey } from '../server/contract.ts';
import type { Workload } from '../workloads.ts';

/**
 * All bytes of a workload, object after object. Consecutive objects are consecutive bytes, so one large object contains
 * them.
 */
export function fetchWorkload({ corpus, size, count }: Workload, origin: string): Promise<Uint8Array> {
  const key = seedKey({ corpus, size: size * count, count: 1 }, 0);
  return fetchBytes(`${origin}/${SEED_BUCKET}/${key}`);
}

export async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
