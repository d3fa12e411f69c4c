import { createCipheriv } from 'node:crypto';

/** Of several frames, and small enough to be damaged in memory. */
const BYTES = 14_000_000;
/** Bytes of each stripe, text and noise in turn, so that no frame is incompressible or uniform. */
const STRIPE = 500_000;
const NOISE_KEY = Buffer.alloc(32, 7);

/** The object of the default run that has several frames: always the same bytes. */
export function makeLargeObject(): { readonly name: string; readonly bytes: Uint8Array } {
  const bytes = Buffer.alloc(BYTES);
  const cipher = createCipheriv('aes-256-ctr', NOISE_KEY, Buffer.alloc(16));
  for (let start = 0; start < BYTES; start += STRIPE) {
    const stripe = bytes.subarray(start, Math.min(BYTES, start + STRIPE));
    if ((start / STRIPE) % 2 === 0) stripe.fill(`${start} of an object of several frames, as it is in the archive.\n`);
    else cipher.update(stripe).copy(stripe);
  }
  return { name: 'large/generated.bin', bytes };
}
