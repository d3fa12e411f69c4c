/** How long the emulated Lambda and SQS wait before a retry. */
export interface Timeouts {
  readonly functionTimeoutSeconds: number;
  readonly visibilitySeconds: number;
  /** The queues' maxReceiveCount. */
  readonly maxReceives: number;
  /** Tries of one call to S3 or SQS. */
  readonly attempts: number;
}

/** Bytes per second that the whole pipeline always reaches, even with faults. */
const MIN_BYTES_PER_SECOND = 4e6;
/** The target starts no archive with less than 30 s left. */
const MIN_TIMEOUT_SECONDS = 90;
const VISIBILITY_WITH_FAULTS_SECONDS = 10;
/** The product's own values. */
const ATTEMPTS = 5;
/** Max share of calls that fail permanently: an archive of a few hundred objects fails if one of its calls does. */
const FAILING_FOR_GOOD = 0.001;

/**
 * Without faults the queue hides messages for as long as a function may run, as AWS requires. With faults, workers are
 * killed while a person waits for the end: messages become visible as soon as their invocation should be over. If it is
 * still running, its messages are delivered twice, which is another fault that must do no harm.
 */
export function chooseTimeouts(bytes: number, faultRate: number): Timeouts {
  const work = Math.ceil(bytes / MIN_BYTES_PER_SECOND);
  const functionTimeoutSeconds = MIN_TIMEOUT_SECONDS + work;
  if (faultRate === 0) {
    return { functionTimeoutSeconds, visibilitySeconds: functionTimeoutSeconds, maxReceives: 5, attempts: ATTEMPTS };
  }
  return {
    functionTimeoutSeconds,
    visibilitySeconds: VISIBILITY_WITH_FAULTS_SECONDS + work,
    maxReceives: 10,
    attempts: Math.max(ATTEMPTS, Math.ceil(Math.log(FAILING_FOR_GOOD) / Math.log(faultRate))),
  };
}
