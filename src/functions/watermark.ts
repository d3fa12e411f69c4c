import { createWatermarkHandler } from '../wiring/watermark.ts';

/** Lambda entry of a source region's watermark: called on a schedule, it writes a metric per rule and target region. */
export const handler = await createWatermarkHandler(process.env);
