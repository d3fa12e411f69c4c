import * as z from 'zod';
import { InvalidEnvironmentError } from './errors.ts';

/** The environment variables of a function. They are passed in: only entry points read those of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const urlVariable = z.url();
export const bucketVariable = z.string().min(3).max(63);
export const countVariable = z.coerce.number().int().positive();

/** The variables of every function that reads the configuration. Each file of src/wiring adds those of its own function. */
export const functionVariables = {
  AWS_REGION: z.string().min(1),
  /** Where settings.json and replication_config.json are. */
  CONFIGURATION_DIRECTORY: z.string().min(1),
};

/** The variables of every function that a queue feeds. */
export const queueVariables = {
  ...functionVariables,
  QUEUE_URL: urlVariable,
  DEAD_LETTER_QUEUE_URL: urlVariable,
  /**
   * The queue's maxReceiveCount. No default: with a wrong number, messages would be dead-lettered too early or without
   * a reason.
   */
  MAX_RECEIVES: countVariable,
  /** The AWS SDK's own variable, which our S3 calls also respect: tries of one call, including the first. */
  AWS_MAX_ATTEMPTS: countVariable.optional(),
  /** Set by Lambda, in MB. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: countVariable.optional(),
  /** The queue for work that exceeds the limits of an invocation; absent: such work is dead-lettered. */
  FALLBACK_QUEUE_URL: urlVariable.optional(),
  /** `cluster/service` of the tasks behind that queue; absent: they are started by other means. */
  FALLBACK_SERVICE: z
    .string()
    .regex(/^[^/]+\/[^/]+$/, 'is not of the form cluster/service')
    .optional(),
};

/**
 * @param schema of the variables that a function needs; others are ignored
 * @throws InvalidEnvironmentError that names every variable that is missing or wrong
 */
export function readEnvironment<T>(schema: z.ZodType<T>, environment: Environment): T {
  // Variables that a template leaves out are absent in AWS, but empty under `sam local invoke`.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidEnvironmentError(`The environment is not usable. ${problems.join('; ')}`, {
    context: { problems: problems.length },
  });
}
