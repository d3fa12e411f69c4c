import * as z from 'zod';
import { parseJson } from '../json.ts';
import { InvalidCheckpointError } from './errors.ts';
import { count, filterSchema } from './progress-schema.ts';

const leaseSchema = z.object({
  /** For people. */
  owner: z.string(),
  machine: z.string(),
  /** Id, on that machine. */
  process: count,
  /** ISO 8601. */
  expiresAt: z.iso.datetime(),
});

const checkpointSchema = z.object({
  version: z.literal(1),
  kind: z.enum(['backfill', 'verify', 'scheduled-verify']),
  rule: z.string(),
  /** The options of the run that started it: filter, source of the keys and so on. */
  filter: filterSchema,
  choices: z.record(z.string(), z.string()),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  savedAt: z.iso.datetime(),
  /** Absent: nothing is done yet. */
  position: z.string().optional(),
  finished: z.boolean(),
  counts: z.record(z.string(), count),
  /** Of the run in progress; absent if there is none. */
  lease: leaseSchema.optional(),
});

/** The progress of a backfill or verification, stored between runs. */
export type Checkpoint = Readonly<z.infer<typeof checkpointSchema>>;

/** Who may save a checkpoint, and until when no other run may. */
export type CheckpointLease = Readonly<z.infer<typeof leaseSchema>>;

export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify(checkpoint, null, 2)}\n`;
}

/** @throws InvalidCheckpointError */
export function decodeCheckpoint(text: string, kind: Checkpoint['kind'], rule: string): Checkpoint {
  const json = parseJson(
    text,
    (cause) => new InvalidCheckpointError('The checkpoint is not valid JSON. Start over with --restart.', { cause }),
  );
  const result = checkpointSchema.safeParse(json);
  if (!result.success) {
    throw new InvalidCheckpointError('This version cannot read the checkpoint. Start over with --restart.', {
      cause: result.error,
      context: { kind, rule },
    });
  }
  if (result.data.kind === kind && result.data.rule === rule) return result.data;
  throw new InvalidCheckpointError(`The checkpoint belongs to a ${result.data.kind} of rule ${result.data.rule}`, {
    context: { kind, rule },
  });
}

/** Key of the document in the progress bucket of the rule's source region. */
export function checkpointKey(kind: Checkpoint['kind'], rule: string): string {
  return `${rule}/${kind}.json`;
}
