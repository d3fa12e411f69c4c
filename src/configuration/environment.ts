import * as z from 'zod';
import { InvalidEnvironmentError } from './errors.ts';

/** The environment variables of a function, passed in: only entry points read that of the process. */
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
  /**
   * Queue of the objects that a backfill requests, which feeds the same function; absent: the rule has no such queue.
   */
  BACKFILL_QUEUE_URL: url.optional(),
  OUTBOUND_BUCKET: bucketVariable,
  /** Bucket of the records that are needed to resume an interrupted archive. */
  PROGRESS_BUCKET: bucketVariable,
  /** After which the lease of such an archive expires if its owner does not renew it. */
  OWNERSHIP_SECONDS: countVariable.default(180),
  /** Table of the statistics of levels; absent: what is learned is lost when the process ends. */
  STATISTICS_TABLE: z.string().min(1).optional(),
  /** JSON, see prices.ts; absent if nothing is deployed. */
  PRICES: z.string().min(1).optional(),
  /** Role ids (`AROA...`) of our own target functions, separated by commas. */
  OWN_PRINCIPALS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((id) => id !== '')),
});

const targetVariables = z.object({
  ...shared,
  INBOUND_BUCKET: bucketVariable,
  /** Table of the deletions at the sources; absent if no rule replicates deletions to the region. */
  DELETIONS_TABLE: z.string().min(1).optional(),
  /** Max bytes of objects in one archive that an invocation handles, instead of the product's own limit. */
  MAX_RESTORED_BYTES: countVariable.optional(),
});

const workerVariables = z.object({
  /** The function whose work the task does; the variables of that function are set, too. */
  FALLBACK_ROLE: z.enum(['source', 'target']),
  /** Size of the task, which determines the price of its work: CPU units (1,024 are one vCPU) and MiB. */
  TASK_CPU: countVariable,
  TASK_MEMORY: countVariable,
  /** Seconds: the visibility timeout of the fallback queue. */
  VISIBILITY_TIMEOUT: countVariable.max(43_200),
  /** Seconds without a message after which the worker ends; 0: never. */
  IDLE_EXIT_SECONDS: z.coerce.number().int().nonnegative().default(0),
  /** Set by ECS; absent: there is no agent that could protect the task from scale-in. */
  ECS_AGENT_URI: url.optional(),
});

const resendVariables = z.object({
  ...shared,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Their names, with `*` for the region. */
  INBOUND_BUCKETS: z.string().includes('*'),
  /** How often an archive is resent before it is given up. */
  MAX_RESENDS: z.coerce.number().int().nonnegative().default(3),
  /** From a failure to the first resend; doubled each time. */
  RESEND_DELAY_SECONDS: z.coerce.number().int().nonnegative().default(300),
});

const watermarkVariables = z.object({
  AWS_REGION: shared.AWS_REGION,
  CONFIGURATION_DIRECTORY: shared.CONFIGURATION_DIRECTORY,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Of the checkpoints of scheduled verifications. */
  PROGRESS_BUCKET: bucketVariable,
  /** The SDK's own variable: the address of a local server, which has no DNS name per bucket. */
  AWS_ENDPOINT_URL: url.optional(),
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
  /** The SDK's own variable: the address of a local server, which has no DNS name per bucket. */
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
  // Variables that a template leaves out are absent in AWS, but empty under `sam local invoke`.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidEnvironmentError(`The environment is not usable. ${problems.join('; ')}`, {
    context: { problems: problems.length },
  });
}
