import { createResendHandler } from '../wiring/resend.ts';

/** Lambda entry of a source region's resend function: archives that S3 could not replicate in, new versions of them out. */
export const handler = await createResendHandler(process.env);
