import type { ReplicationRule } from '../configuration/rule.ts';
import type { EntrySource } from './dependencies.ts';
import { completeEntry, judgeObject, type ObjectFilter } from './object-filter.ts';

/** The number of objects that a backfill would queue. */
export interface BackfillForecast {
  readonly listed: number;
  readonly objects: number;
  readonly bytes: number;
  readonly leftOut: number;
  /** Number of objects that cannot be read, by storage class. */
  readonly archived: Readonly<Record<string, number>>;
}

/**
 * Reads the keys once without queueing anything. @throws IncompleteEntryError, the errors of the source, the reason of
 * the signal
 */
export async function countObjects(
  source: EntrySource,
  {
    rule,
    filter,
    signal,
  }: { readonly rule: ReplicationRule; readonly filter: ObjectFilter; readonly signal: AbortSignal },
  onProgress: (listed: number) => void,
): Promise<BackfillForecast> {
  let [listed, objects, bytes, leftOut] = [0, 0, 0, 0];
  const archived: Record<string, number> = {};
  for await (const { entries } of source.read(undefined, signal)) {
    for (const entry of entries) {
      const object = completeEntry(entry);
      const verdict = judgeObject(object, rule, filter);
      if (verdict === 'taken') {
        objects += 1;
        bytes += object.size;
      } else if (verdict === 'archived') archived[object.storageClass] = (archived[object.storageClass] ?? 0) + 1;
      else leftOut += 1;
    }
    listed += entries.length;
    onProgress(listed);
  }
  return { listed, objects, bytes, leftOut, archived };
}
