import { createTargetHandler } from '../wiring/target.ts';

/** Lambda entry of a region's target function: a batch of archive events in, restored objects out. */
export const handler = await createTargetHandler(process.env);
