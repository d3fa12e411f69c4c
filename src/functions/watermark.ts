import { watermarkHandler } from '../wiring/watermark.ts';

/** Lambda entry of a source region's watermark: called by the clock, it writes a metric a rule and target region. */
export const handler = await watermarkHandler(process.env);
