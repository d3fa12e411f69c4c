import { createResendHandler } from '../wiring/resend.ts';

/** Lambda entry of a source region's resend function: archives with failed replication in, new versions of them out. */
export const handler = await createResendHandler(process.env);
