import type { ListedObject } from '../../../src/listing/dependencies.ts';

/** Objects of a generated listing; their keys are in order, `logs/000000000.json` first. */
export const GENERATED_SIZE = 10_000;
const LAST_MODIFIED = Date.UTC(2026, 10, 23, 10);

export function generatedKey(index: number): string {
  return `logs/${String(index).padStart(9, '0')}.json`;
}

/** 32 hexadecimal digits, different for each key. */
export function generatedEtag(index: number): string {
  return index.toString(16).padStart(32, '0');
}

export function generatedObject(index: number): ListedObject {
  return {
    key: generatedKey(index),
    size: GENERATED_SIZE,
    etag: generatedEtag(index),
    lastModified: LAST_MODIFIED,
    storageClass: 'STANDARD',
  };
}

/** Index of the first generated key after a text. */
export function firstAfter(text: string, keys: number): number {
  let [from, to] = [0, keys];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (generatedKey(middle) > text) to = middle;
    else from = middle + 1;
  }
  return from;
}
