import { createHash } from 'node:crypto';
import type { ListedObject } from '../../../listing/dependencies.ts';

/** The limits of a sample. */
export interface SampleLimits {
  readonly bytes: number;
  readonly objects: number;
}

interface SampledObject {
  /** A number from 0 to 1 that depends on the key: the same in each run, and unrelated to those of neighboring keys. */
  readonly draw: number;
  readonly object: ListedObject;
}

/** Excess candidates before a cleanup, so that each object costs little. */
const SLACK = 1024;

/**
 * A sample of a stream of unknown length: the objects whose keys draw the lowest numbers, as many as fit. Each object
 * has the same chance, so sizes and folders are as frequent in the sample as in the whole.
 */
export class Sample {
  readonly #limits: SampleLimits;
  #candidates: SampledObject[] = [];
  #bytes = 0;
  /** An object that draws a higher number cannot be in the sample. */
  #highest = 1;

  constructor(limits: SampleLimits) {
    this.#limits = limits;
  }

  /** @param object not larger than the sample */
  offer(object: ListedObject): void {
    const draw = drawOf(object.key);
    if (draw > this.#highest) return;
    this.#candidates.push({ draw, object });
    this.#bytes += object.size;
    const isFull = this.#bytes > 2 * this.#limits.bytes || this.#candidates.length > this.#limits.objects + SLACK;
    if (isFull) this.#trim();
  }

  /** The objects, in the order of their keys. */
  take(): ListedObject[] {
    this.#trim();
    return this.#candidates.map(({ object }) => object).toSorted((left, right) => (left.key < right.key ? -1 : 1));
  }

  #trim(): void {
    const sorted = this.#candidates.toSorted((left, right) => left.draw - right.draw);
    this.#candidates = [];
    this.#bytes = 0;
    for (const candidate of sorted) {
      const bytes = this.#bytes + candidate.object.size;
      if (bytes > this.#limits.bytes || this.#candidates.length === this.#limits.objects) {
        this.#highest = candidate.draw;
        return;
      }
      this.#candidates.push(candidate);
      this.#bytes = bytes;
    }
  }
}

function drawOf(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32;
}
