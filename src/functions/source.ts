import { createSourceHandler } from '../wiring/source.ts';

/** Lambda entry of a rule's source function: a batch of S3 events in, archives out. */
export const handler = await createSourceHandler(process.env);
