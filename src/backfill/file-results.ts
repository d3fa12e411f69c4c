import * as z from 'zod';
import { parseJson, tryParseJson } from '../json.ts';
import { InvalidCheckpointError } from './errors.ts';
import { inventoryFileSchema } from './file-task.ts';
import { backfillCountsSchema } from './progress-schema.ts';
import { addCounts, type BackfillCounts, noCounts } from './run-backfill.ts';

/** The output of a Map with a ResultWriter in S3 (Step Functions developer guide, "ResultWriter"). */
const manifestSchema = z.looseObject({
  ResultFiles: z.looseObject({
    FAILED: z.array(z.looseObject({ Key: z.string() })),
    PENDING: z.array(z.looseObject({ Key: z.string() })),
    SUCCEEDED: z.array(z.looseObject({ Key: z.string() })),
  }),
});
const resultsSchema = z.array(
  z.looseObject({
    Input: z.string().optional(),
    Output: z.string().optional(),
    Error: z.string().optional(),
    Cause: z.string().optional(),
  }),
);
const outputSchema = z.looseObject({ counts: backfillCountsSchema });
const inputSchema = z.looseObject({ file: inventoryFileSchema });
const errorSchema = z.looseObject({ errorMessage: z.string() });

/** Keys of the files that hold the results of the data files. */
export interface ResultKeys {
  readonly succeeded: readonly string[];
  /** Those that failed, and those that were not started. */
  readonly failed: readonly string[];
}

/** A data file of the inventory whose objects are not all queued. */
export interface FailedFile {
  readonly key: string;
  readonly reason: string;
}

/** @throws InvalidCheckpointError */
export function parseResultManifest(text: string): ResultKeys {
  const { FAILED, PENDING, SUCCEEDED } = understood(manifestSchema, text).ResultFiles;
  const keys = (files: readonly { readonly Key: string }[]): string[] => files.map(({ Key }) => Key);
  return { succeeded: keys(SUCCEEDED), failed: keys([...FAILED, ...PENDING]) };
}

/** The counts of the data files in one file of results. @throws InvalidCheckpointError */
export function sumResults(text: string): BackfillCounts {
  const sum = noCounts();
  for (const { Output = '' } of understood(resultsSchema, text)) {
    addCounts(sum, understood(outputSchema, Output).counts);
  }
  return sum;
}

/** The data files in one file of failures, with the function's error. @throws InvalidCheckpointError */
export function readFailures(text: string): FailedFile[] {
  return understood(resultsSchema, text).map(({ Input = '', Error: name, Cause: cause = '' }) => {
    const { key } = understood(inputSchema, Input).file;
    // The error of a function that threw is JSON; that of Step Functions itself is plain text.
    const thrown = errorSchema.safeParse(tryParseJson(cause));
    const said = thrown.success ? thrown.data.errorMessage : cause;
    const reason = [name, said].filter((part) => part !== undefined && part !== '').join(': ');
    return { key, reason: reason === '' ? 'not started' : reason };
  });
}

function understood<T>(schema: z.ZodType<T>, text: string): T {
  const result = schema.safeParse(
    parseJson(
      text,
      (cause) => new InvalidCheckpointError('The results of Step Functions are not valid JSON', { cause }),
    ),
  );
  if (result.success) return result.data;
  throw new InvalidCheckpointError('This version cannot read the results of Step Functions.', {
    cause: result.error,
  });
}
