import { z } from 'zod';
import { EnvironmentInvalidError } from './errors.ts';

/** The environment of a function, passed in: only entry points read that of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const url = z.url();
const bucket = z.string().min(3).max(63);
const count = z.coerce.number().int().positive();

const shared = {
  AWS_REGION: z.string().min(1),
  /** Where settings.json and replication_config.json are. */
  CONFIGURATION_DIRECTORY: z.string().min(1),
  QUEUE_URL: url,
  DEAD_LETTER_QUEUE_URL: url,
  /** The queue's maxReceiveCount. */
  MAX_RECEIVES: count.default(5),
  /** The AWS SDK's own variable, which our S3 calls follow, too: tries of one call, the first included. */
  AWS_MAX_ATTEMPTS: count.optional(),
  /** Set by Lambda, in MB. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count.optional(),
};

const sourceSchema = z.object({
  ...shared,
  RULE_ID: z.string().min(1),
  OUTBOUND_BUCKET: bucket,
  /** Role ids (`AROA...`) of our own target functions, with commas between. */
  OWN_PRINCIPALS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((id) => id !== '')),
});

const targetSchema = z.object({ ...shared, INBOUND_BUCKET: bucket });

export type SourceEnvironment = z.infer<typeof sourceSchema>;
export type TargetEnvironment = z.infer<typeof targetSchema>;

/** @throws EnvironmentInvalidError that names every variable that is missing or wrong */
export function readSourceEnvironment(environment: Environment): SourceEnvironment {
  return read(sourceSchema, environment);
}

/** @throws EnvironmentInvalidError that names every variable that is missing or wrong */
export function readTargetEnvironment(environment: Environment): TargetEnvironment {
  return read(targetSchema, environment);
}

function read<T>(schema: z.ZodType<T>, environment: Environment): T {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new EnvironmentInvalidError(`The function's environment is not usable. ${problems.join('; ')}`, {
    context: { problems: problems.length },
  });
}
