import * as z from 'zod';
import { InvalidFileTaskError } from './errors.ts';
import { backfillCountsSchema, filterSchema } from './progress-schema.ts';

/** The properties that all data files of one backfill share. */
const jobSchema = z.strictObject({
  /** Id. */
  rule: z.string().min(1),
  filter: filterSchema,
  inventory: z.strictObject({
    /** Bucket of the data files. */
    bucket: z.string().min(3),
    format: z.enum(['CSV', 'Parquet']),
    /** Fields of CSV, in their order. */
    fields: z.array(z.string()),
  }),
  /** Max objects per second that are queued from one file. */
  rate: z.number().positive().optional(),
});

export const inventoryFileSchema = z.strictObject({
  key: z.string().min(1),
  /** Hexadecimal. */
  md5: z.string().optional(),
});

/**
 * A data file of an inventory whose objects are to be queued, and its progress. The state machine passes it to the
 * function, which returns it, until it is finished.
 */
const fileTaskSchema = z.strictObject({
  job: jobSchema,
  file: inventoryFileSchema,
  /** Absent: nothing is queued yet. */
  position: z.string().optional(),
  counts: backfillCountsSchema.optional(),
  finished: z.boolean().optional(),
});

export type BackfillJob = Readonly<z.infer<typeof jobSchema>>;
export type FileTask = Readonly<z.infer<typeof fileTaskSchema>>;

/** @throws InvalidFileTaskError */
export function parseFileTask(input: unknown): FileTask {
  const result = fileTaskSchema.safeParse(input);
  if (result.success) return result.data;
  const reason = z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, ' ');
  throw new InvalidFileTaskError(`The input does not name a data file to queue: ${reason}`, { cause: result.error });
}
