import { KIB } from '../units.ts';
import { compressBound, type FrameCompressor } from './zstd-frames.ts';

const SIZE = 512 * KIB;
/** One of the levels that are usually the cheapest; a run takes 8 to 12 ms. */
const LEVEL = 6;
const MAX_RUNS = 4;
const MAX_SECONDS = 0.05;

/**
 * MB of compressible text that this thread compresses per second of CPU time: the best of a few runs, in at most 150 ms
 * of CPU. Random bytes would not do: zstd gives up on them early, in a different part of its code.
 * @param startClock starts a clock of CPU seconds
 */
export function measureCpuSpeed(compressor: FrameCompressor, startClock: () => () => number): number {
  const text = makeText();
  const output = new Uint8Array(compressBound(SIZE));
  const total = startClock();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MAX_RUNS && total() < MAX_SECONDS; run += 1) {
    const seconds = startClock();
    compressor.compress(output, text, LEVEL);
    best = Math.min(best, seconds());
  }
  return SIZE / 1e6 / best;
}

/** Lines like those of a log, identical on every machine; they compress about fourfold. */
function makeText(): Uint8Array {
  const words = Array.from({ length: 256 }, (_, index) => ((index * 2_654_435_761) % 2 ** 32).toString(36));
  const text = new Uint8Array(SIZE);
  const encoder = new TextEncoder();
  let state = 1;
  let at = 0;
  while (at < SIZE) {
    // Constants from Numerical Recipes: random enough for words.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const word = words[(state >>> 24) & 255] ?? '';
    const part = state % 3 === 0 ? `${state} ` : `${word} `;
    at += encoder.encodeInto(part, text.subarray(at)).written;
    if (at >= SIZE - part.length) break;
  }
  return text;
}
