import type { BufferPool } from '../compression/buffer-pool.ts';

export interface BodyPart {
  /** Counted from 0. */
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Returns the memory of `bytes`; the receiver of a part must call it. */
  readonly release: () => void;
}

/**
 * Cuts a stream into parts of `partSize` bytes, the last one shorter, each in a buffer of the pool: the number of parts
 * in flight is limited by the buffers of the pool. An empty body is one empty part.
 */
export async function* cutBody(
  body: AsyncIterable<Uint8Array>,
  partSize: number,
  buffers: BufferPool,
): AsyncGenerator<BodyPart, void, undefined> {
  let buffer: ArrayBuffer | undefined;
  let filled = 0;
  let index = 0;
  const handOver = (held: ArrayBuffer): BodyPart => {
    const part = {
      index,
      bytes: new Uint8Array(held, 0, filled),
      release: () => {
        buffers.release(held);
      },
    };
    index += 1;
    filled = 0;
    buffer = undefined;
    return part;
  };
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; ) {
        buffer ??= await buffers.acquire();
        const taken = chunk.subarray(at, at + partSize - filled);
        new Uint8Array(buffer).set(taken, filled);
        filled += taken.length;
        at += taken.length;
        if (filled === partSize) yield handOver(buffer);
      }
    }
    if (index === 0 || filled > 0) yield handOver(buffer ?? (await buffers.acquire()));
  } finally {
    if (buffer !== undefined) buffers.release(buffer);
  }
}
