import type { Destination } from '../configuration/rule.ts';
import type { UnitPrices } from '../configuration/schema/unit-prices.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** Writes after which older evidence is halved, since the use of a bucket may change. */
const MEMORY_WRITES = 1000;
/** New keys that are assumed for a destination before its first write. */
const ASSUMED_NEW_KEYS = 2;
/** Weight, in writes, of the destination's overall share when that of one of its folders is estimated. */
const DESTINATION_WEIGHT = 8;
/** Max folders per destination; the least recently written ones are forgotten. */
const MAX_FOLDERS = 1000;

/** Writes, and those of them whose key existed. */
interface KeyCounts {
  writes: number;
  existing: number;
}

interface DestinationHistory extends KeyCounts {
  readonly folders: Map<string, KeyCounts>;
  /** Writes under way that did not check their key. */
  blind: number;
  /** Resolved, and replaced, whenever something changes. */
  changed: PromiseWithResolvers<void>;
}

/**
 * How often the keys of restored objects already exist, per destination of a rule and per folder in it. A write to a
 * new key costs one PUT. To an existing key it costs two PUTs with a HEAD in between, and the body is sent twice,
 * unless there is a HEAD first: then it costs a HEAD and a PUT. So a HEAD first pays off if
 *
 *     HEAD < share of existing keys x (HEAD + PUT)
 *
 * which is the case for shares of 7% and more. While little is known about a destination, only a few concurrent writes
 * go without a HEAD.
 */
export class ExistingKeyStatistics {
  readonly #threshold: number;
  readonly #destinations = new Map<Destination, DestinationHistory>();

  /** @param prices USD of a request, in the region of the destinations */
  constructor({ s3_put_request: put, s3_get_request: head }: Pick<UnitPrices, 's3_put_request' | 's3_get_request'>) {
    this.#threshold = head / (head + put);
  }

  /**
   * Runs a write to a key, and tells it whether to check the key first.
   * @param write reports through `tell` whether the key existed, as soon as it knows
   * @throws errors of `write`
   */
  async write<T>(
    destination: Destination,
    { key }: ObjectLocation,
    write: (shouldLookFirst: boolean, tell: (didExist: boolean) => void) => Promise<T>,
  ): Promise<T> {
    const history = this.#historyOf(destination);
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    while (!this.#shouldLookFirst(history, folder) && history.blind > 2 * history.writes) await history.changed.promise;
    const shouldLookFirst = this.#shouldLookFirst(history, folder);
    if (!shouldLookFirst) history.blind += 1;
    try {
      return await write(shouldLookFirst, (didExist) => {
        learn(history, folder, didExist);
        wake(history);
      });
    } finally {
      if (!shouldLookFirst) history.blind -= 1;
      wake(history);
    }
  }

  #shouldLookFirst(history: DestinationHistory, folder: string): boolean {
    const share = history.existing / (history.writes + ASSUMED_NEW_KEYS);
    const { writes, existing } = history.folders.get(folder) ?? { writes: 0, existing: 0 };
    return (existing + DESTINATION_WEIGHT * share) / (writes + DESTINATION_WEIGHT) > this.#threshold;
  }

  #historyOf(destination: Destination): DestinationHistory {
    const known = this.#destinations.get(destination);
    if (known !== undefined) return known;
    const history: DestinationHistory = {
      writes: 0,
      existing: 0,
      folders: new Map(),
      blind: 0,
      changed: Promise.withResolvers(),
    };
    this.#destinations.set(destination, history);
    return history;
  }
}

function wake(history: DestinationHistory): void {
  history.changed.resolve();
  history.changed = Promise.withResolvers();
}

function learn(history: DestinationHistory, folder: string, didExist: boolean): void {
  const counts = history.folders.get(folder) ?? { writes: 0, existing: 0 };
  // Moved to the end: a Map keeps the order in which its keys were set.
  history.folders.delete(folder);
  history.folders.set(folder, counts);
  for (const each of [history, counts]) {
    each.writes += 1;
    if (didExist) each.existing += 1;
    if (each.writes < 2 * MEMORY_WRITES) continue;
    each.writes /= 2;
    each.existing /= 2;
  }
  const [oldest] = history.folders.size > MAX_FOLDERS ? history.folders.keys() : [];
  if (oldest !== undefined) history.folders.delete(oldest);
}
