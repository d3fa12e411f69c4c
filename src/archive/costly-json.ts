import { InvalidManifestError } from './errors.ts';
import {
  MANIFEST_BYTES_PER_CONTAINER,
  MANIFEST_BYTES_PER_VALUE,
  MAX_MANIFEST_DEPTH,
  MAX_MANIFEST_NAMES,
} from './format.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
/** Allows a manifest without objects, which has little text around its few lists. */
const FREE_CONTAINERS = 64;

/**
 * Checks JSON before it is parsed, since parsing blocks the main thread and with it the heartbeat. Measured for 32 MiB:
 * text that is all brackets takes 6 s and 20 to 40 times its size in memory; 2.5 million different field names take 7
 * to 22 s; 15 million numbers take 2 s. A manifest takes about 3 times its size. This does not validate the JSON;
 * `JSON.parse` does that.
 * @param bytes JSON in UTF-8, whose continuation bytes are never one of those that count here
 * @throws InvalidManifestError when it is nested deeper, or has more lists, maps, values or field names, than any
 *   manifest
 */
export function refuseCostlyJson(bytes: Uint8Array, archive: string): void {
  const maxContainers = FREE_CONTAINERS + bytes.length / MANIFEST_BYTES_PER_CONTAINER;
  const maxCommas = FREE_CONTAINERS + bytes.length / MANIFEST_BYTES_PER_VALUE;
  const names = new Set<number>();
  let containers = 0;
  let commas = 0;
  let depth = 0;
  let textStart = 0;
  let textEnd = 0;
  const refuse = (what: string, at: number): never => {
    throw new InvalidManifestError(`manifest.json of ${archive} ${what} at byte ${at}`, {
      context: { archive, at, depth, containers, commas, names: names.size },
    });
  };
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at] ?? 0) {
      case QUOTE:
        textStart = at;
        at = endOfText(bytes, at);
        textEnd = at;
        break;
      case OPEN_LIST:
      case OPEN_MAP:
        depth += 1;
        containers += 1;
        if (depth > MAX_MANIFEST_DEPTH || containers > maxContainers)
          refuse('is nested too deeply or has too many lists and maps', at);
        break;
      case CLOSE_LIST:
      case CLOSE_MAP:
        depth = Math.max(0, depth - 1);
        break;
      case COMMA:
        commas += 1;
        if (commas > maxCommas) refuse('has too many values', at);
        break;
      case COLON:
        names.add(hashOf(bytes, textStart, textEnd));
        if (names.size > MAX_MANIFEST_NAMES) refuse('has too many field names', at);
        break;
      default:
    }
  }
}

/** FNV-1a: two names with the same hash count as one, which only makes the limit milder. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}

/** Position of the closing quote of the string that begins at `start`; the end of the bytes if there is none. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
