import * as z from 'zod';
import { InvalidVerificationTaskError } from './errors.ts';

/** The input that the state machine passes to the function repeatedly until it is finished. */
const taskSchema = z.object({
  /** Id. */
  rule: z.string().min(1),
  /** Name of the execution, which is the same for all invocations of one verification. */
  execution: z.string().min(1),
});

export type ScheduledTask = Readonly<z.infer<typeof taskSchema>>;

/** @throws InvalidVerificationTaskError */
export function parseScheduledTask(input: unknown): ScheduledTask {
  const result = taskSchema.safeParse(input);
  if (result.success) return result.data;
  const reason = z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, ' ');
  throw new InvalidVerificationTaskError(`The input does not name a rule to verify: ${reason}`, {
    cause: result.error,
  });
}
