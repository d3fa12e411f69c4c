import { describeDeletionMemory } from '../../support/describe-deletion-memory.ts';
import { MemoryDeletions } from '../../support/memory-deletions.ts';

const memory = new MemoryDeletions();

describeDeletionMemory('memory', () => memory);
