import * as z from 'zod';

export const count = z.int().nonnegative();

/** `ObjectFilter`, as it is stored. */
export const filterSchema = z.object({
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  minSize: z.number().optional(),
  maxSize: z.number().optional(),
});

/** `BackfillCounts`, as they are stored. */
export const backfillCountsSchema = z.object({
  listed: count,
  queued: count,
  queuedBytes: count,
  leftOut: count,
  archived: count,
});
