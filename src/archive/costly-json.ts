import { ManifestInvalidError } from './errors.ts';
import { MANIFEST_BYTES_PER_CONTAINER, MAX_MANIFEST_DEPTH } from './format.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
/** Lets a manifest without objects pass, which has little text around its few lists. */
const FREE_CONTAINERS = 64;

/**
 * Looks at JSON before it is parsed: text that is all brackets takes 20 to 40 times its size in memory (32 MiB of `[`
 * measured: 1.3 GB and 6 s), where a manifest takes about 3 times. Not a validation; `JSON.parse` does that.
 * @param bytes JSON in UTF-8, whose continuation bytes are never one of the six that count here
 * @throws ManifestInvalidError when it is nested deeper, or has more lists and maps, than any manifest
 */
export function refuseCostlyJson(bytes: Uint8Array, archive: string): void {
  const allowed = FREE_CONTAINERS + bytes.length / MANIFEST_BYTES_PER_CONTAINER;
  let containers = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfText(bytes, at);
    } else if (byte === OPEN_LIST || byte === OPEN_MAP) {
      depth += 1;
      containers += 1;
      if (depth > MAX_MANIFEST_DEPTH || containers > allowed) {
        throw new ManifestInvalidError(`manifest.json of ${archive} is nested or split too finely at byte ${at}`, {
          context: { archive, at, depth, containers },
        });
      }
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
      depth -= 1;
    }
  }
}

/** Where the text that begins at `start` has its closing quote; the end of the bytes when it has none. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
