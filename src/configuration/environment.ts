import * as z from 'zod';
import { InvalidEnvironmentError } from './errors.ts';

/** The environment of a function, passed in: only entry points read that of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const url = z.url();
const bucketVariable = z.string().min(3).max(63);
const countVariable = z.coerce.number().int().positive();

const shared = {
  AWS_REGION: z.string().min(1),
  /** Where settings.json and replication_config.json are. */
  CONFIGURATION_DIRECTORY: z.string().min(1),
  QUEUE_URL: url,
  DEAD_LETTER_QUEUE_URL: url,
  /** The queue's maxReceiveCount. No default: with another number messages are dead-lettered too early, or without a reason. */
  MAX_RECEIVES: countVariable,
  /** The AWS SDK's own variable, which our S3 calls follow, too: tries of one call, the first included. */
  AWS_MAX_ATTEMPTS: countVariable.optional(),
  /** Set by Lambda, in MB. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: countVariable.optional(),
  /** Where work that exceeds the limits of an invocation goes; absent: it is dead-lettered. */
  FALLBACK_QUEUE_URL: url.optional(),
  /** `cluster/service` of the tasks behind that queue; absent: they are started by other means. */
  FALLBACK_SERVICE: z
    .string()
    .regex(/^[^/]+\/[^/]+$/, 'is not of the form cluster/service')
    .optional(),
};

const sourceVariables = z.object({
  ...shared,
  RULE_ID: z.string().min(1),
  /** Queue of the objects that a backfill asks for, which feeds the same function; absent: there is none. */
  BACKFILL_QUEUE_URL: url.optional(),
  OUTBOUND_BUCKET: bucketVariable,
  /** Of the records by which an interrupted archive is resumed. */
  PROGRESS_BUCKET: bucketVariable,
  /** After which the lease of such an archive expires if its owner does not renew it. */
  OWNERSHIP_SECONDS: countVariable.default(180),
  /** Table of the statistics of levels; absent: what is learned ends with the process. */
  STATISTICS_TABLE: z.string().min(1).optional(),
  /** JSON, see prices.ts; absent where nothing was deployed. */
  PRICES: z.string().min(1).optional(),
  /** Role ids (`AROA...`) of our own target functions, with commas between. */
  OWN_PRINCIPALS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((id) => id !== '')),
});

const targetVariables = z.object({
  ...shared,
  INBOUND_BUCKET: bucketVariable,
  /** Table of what was deleted at the sources; absent where no rule replicates deletions to the region. */
  DELETIONS_TABLE: z.string().min(1).optional(),
  /** Bytes of objects in one archive that an invocation of the function takes, instead of the product's own limit. */
  MAX_RESTORED_BYTES: countVariable.optional(),
});

const workerVariables = z.object({
  /** Whose work the task does; the variables of that function are there, too. */
  FALLBACK_ROLE: z.enum(['source', 'target']),
  /** Size of the task, which gives the price of its work: CPU units, 1,024 of which are one vCPU, and MiB. */
  TASK_CPU: countVariable,
  TASK_MEMORY: countVariable,
  /** Seconds: the fallback queue's own. */
  VISIBILITY_TIMEOUT: countVariable.max(43_200),
  /** Seconds without a message after which the worker ends; 0: never. */
  IDLE_EXIT_SECONDS: z.coerce.number().int().nonnegative().default(0),
  /** Set by ECS; absent: there is nobody to ask for protection from scale-in. */
  ECS_AGENT_URI: url.optional(),
});

const resendVariables = z.object({
  ...shared,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Their names, with `*` for the region. */
  INBOUND_BUCKETS: z.string().includes('*'),
  /** Times that an archive is put again before it is given up. */
  MAX_RESENDS: z.coerce.number().int().nonnegative().default(3),
  /** From a failure to the first re-put; doubled each time. */
  RESEND_DELAY_SECONDS: z.coerce.number().int().nonnegative().default(300),
});

const watermarkVariables = z.object({
  AWS_REGION: shared.AWS_REGION,
  CONFIGURATION_DIRECTORY: shared.CONFIGURATION_DIRECTORY,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Their names, with `*` for the region. */
  INBOUND_BUCKETS: z.string().includes('*'),
  /** Name of the queue of failed replications. */
  FAILURES_QUEUE: z.string().min(1),
});

const backfillVariables = z.object({
  AWS_REGION: shared.AWS_REGION,
  CONFIGURATION_DIRECTORY: shared.CONFIGURATION_DIRECTORY,
});

const verifyVariables = z.object({
  AWS_REGION: shared.AWS_REGION,
  CONFIGURATION_DIRECTORY: shared.CONFIGURATION_DIRECTORY,
  /** Of the checkpoints. */
  PROGRESS_BUCKET: bucketVariable,
  /** The SDK's own variable: that of local servers, which have no DNS name per bucket. */
  AWS_ENDPOINT_URL: url.optional(),
});

export type SourceEnvironment = z.infer<typeof sourceVariables>;
export type TargetEnvironment = z.infer<typeof targetVariables>;
export type ResendEnvironment = z.infer<typeof resendVariables>;
export type WorkerEnvironment = z.infer<typeof workerVariables>;
export type WatermarkEnvironment = z.infer<typeof watermarkVariables>;
export type BackfillEnvironment = z.infer<typeof backfillVariables>;
export type VerifyEnvironment = z.infer<typeof verifyVariables>;

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readSourceEnvironment(environment: Environment): SourceEnvironment {
  return read(sourceVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readTargetEnvironment(environment: Environment): TargetEnvironment {
  return read(targetVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readWorkerEnvironment(environment: Environment): WorkerEnvironment {
  return read(workerVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readResendEnvironment(environment: Environment): ResendEnvironment {
  return read(resendVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readWatermarkEnvironment(environment: Environment): WatermarkEnvironment {
  return read(watermarkVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readBackfillEnvironment(environment: Environment): BackfillEnvironment {
  return read(backfillVariables, environment);
}

/** @throws InvalidEnvironmentError that names every variable that is missing or wrong */
export function readVerifyEnvironment(environment: Environment): VerifyEnvironment {
  return read(verifyVariables, environment);
}

function read<T>(schema: z.ZodType<T>, environment: Environment): T {
  // What a template leaves out is absent in AWS, but an empty text under `sam local invoke`.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidEnvironmentError(`The environment is not usable. ${problems.join('; ')}`, {
    context: { problems: problems.length },
  });
}
