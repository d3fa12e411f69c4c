import { compareSequencers } from '../../messages/sequencer.ts';
import type { SourceDeletion } from './deletion-memory.ts';

/**
 * Adds a deletion to those of its key that have to be known: the last one by sequencer, and the last one by time of those that have
 * none. A write came before one of all the deletions exactly when it came before one of these (storage/provenance.ts compares two by
 * their sequencers, or by time where one of them has none), in whatever order they are added. One alone would not do: which of the two is
 * the later one is not the same for each write.
 */
export function addDeletion(known: readonly SourceDeletion[], deletion: SourceDeletion): readonly SourceDeletion[] {
  if (known.some((each) => isAtLeast(each, deletion))) return known;
  return [...known.filter((each) => !isAtLeast(deletion, each)), deletion];
}

/** Whether the first is of the same kind, and not earlier. */
function isAtLeast(one: SourceDeletion, other: SourceDeletion): boolean {
  if (one.kind !== other.kind) return false;
  if (one.sequencer === undefined || other.sequencer === undefined) {
    return one.sequencer === other.sequencer && one.eventTime >= other.eventTime;
  }
  const order = compareSequencers(one.sequencer, other.sequencer);
  // Equal ones are the same deletion, told twice.
  return order > 0 || (order === 0 && one.eventTime >= other.eventTime);
}
