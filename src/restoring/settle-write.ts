import { asCompressorError } from '../errors.ts';
import type { RestoreRun } from './dependencies.ts';
import { locationAt, type RestorableObject } from './restorable-object.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { type DueWrite, writeObject } from './write-object.ts';

/** The dependencies of an archive's writes, and the record of their results. */
export interface WriteContext {
  readonly run: RestoreRun;
  readonly progress: RestoreProgress;
}

/** Writes a whole object to one destination and reports the result to `progress`. Never rejects. */
export async function settleWrite(
  object: RestorableObject,
  body: Uint8Array,
  crc32: number,
  due: DueWrite,
  { run, progress }: WriteContext,
): Promise<void> {
  const location = locationAt(object, due.destination);
  try {
    progress.settled(location, object, await writeObject(object, body, crc32, due, run));
  } catch (thrown) {
    progress.fail(location, asCompressorError(thrown));
  }
}
