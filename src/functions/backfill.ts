import { createBackfillHandler } from '../wiring/backfill.ts';

/** Lambda entry of a source region's backfill: called by the state machine with a data file of an inventory, it queues the objects in it. */
export const handler = await createBackfillHandler(process.env);
