import { compareSequencers } from '../../messages/sequencer.ts';
import type { SourceDeletion } from './deletion-memory.ts';

/**
 * Adds a deletion to the relevant ones of its key: the last one by sequencer, and the last one by time of those without
 * one. A write came before any of the deletions if and only if it came before one of these (storage/provenance.ts
 * compares two by their sequencers, or by time if one of them has none), in whatever order they are added. One is not
 * enough: which of the two is the later one depends on the write.
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
  // Equal ones are the same deletion, reported twice.
  return order > 0 || (order === 0 && one.eventTime >= other.eventTime);
}
