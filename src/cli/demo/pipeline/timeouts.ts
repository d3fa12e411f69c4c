/** How long the emulated Lambda and SQS wait before they try again. */
export interface Timeouts {
  readonly functionTimeoutSeconds: number;
  readonly visibilitySeconds: number;
  /** The queues' maxReceiveCount. */
  readonly maxReceives: number;
  /** Tries of one call to S3 or SQS. */
  readonly attempts: number;
}

/** Bytes a second that the whole pipeline is sure to reach, faults included. */
const MIN_BYTES_PER_SECOND = 4e6;
/** The target begins no archive with less than 30 s left. */
const MIN_TIMEOUT_SECONDS = 90;
const VISIBILITY_WITH_FAULTS_SECONDS = 10;
/** What the product has by itself. */
const ATTEMPTS = 5;
/** Share of the calls that may fail for good: an archive of some hundred objects fails if one of its calls does. */
const FAILING_FOR_GOOD = 0.001;

/**
 * Without faults the queue hides messages for as long as a function may run, as AWS demands. With faults, workers are
 * killed and a person is waiting for the end: messages come back as soon as their invocation should be over. One that
 * still runs then has its messages delivered twice, which is one fault more that must do no harm.
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
