import { createVerifyHandler } from '../wiring/verify.ts';

/** Lambda entry of a source region's scheduled verifications: called by the state machine with a rule, it compares the rule's buckets. */
export const handler = await createVerifyHandler(process.env);
