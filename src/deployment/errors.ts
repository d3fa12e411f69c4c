import { CompressorError } from '../errors.ts';

/** The event is not a request of CloudFormation, or the properties in it are not those of the resource's type. */
export class InvalidResourceError extends CompressorError {
  readonly code = 'RESOURCE_INVALID';
  readonly retryable = false;
}

/** A notification that is not ours takes the same events of the same keys, has the id of ours, or keeps S3 from accepting ours. */
export class NotificationConflictError extends CompressorError {
  readonly code = 'NOTIFICATION_CONFLICT';
  readonly retryable = false;
}

/** Replication rules that are not ours conflict with ours, or there would be too many. */
export class ReplicationConflictError extends CompressorError {
  readonly code = 'REPLICATION_CONFLICT';
  readonly retryable = false;
}

/** A bucket is missing, elsewhere, or not versioned where it must be. */
export class UnusableBucketError extends CompressorError {
  readonly code = 'BUCKET_UNUSABLE';
  readonly retryable = false;
}

/** A KMS key is missing, elsewhere, disabled, of a kind that S3 does not take, or named by no rule. */
export class UnusableKeyError extends CompressorError {
  readonly code = 'KEY_UNUSABLE';
  readonly retryable = false;
}

/** S3 did not take a configuration. Retried, because policies and roles take a while to be seen by it. */
export class ConfigurationRefusedError extends CompressorError {
  readonly code = 'CONFIGURATION_REFUSED';
  readonly retryable = true;
}

/** What was written was gone when looked at again, each time: another tool writes the same configuration. */
export class ContestedConfigurationError extends CompressorError {
  readonly code = 'CONFIGURATION_CONTESTED';
  readonly retryable = true;
}

/** The Price List gave no answer. */
export class UnavailablePriceListError extends CompressorError {
  readonly code = 'PRICE_LIST_UNAVAILABLE';
  readonly retryable = true;
}

/** The resource was not done when the function's time was over. */
export class DeploymentTimeError extends CompressorError {
  readonly code = 'DEPLOYMENT_TIME_EXCEEDED';
  readonly retryable = true;
}

/** CloudFormation's answer URL took no answer. Lambda then invokes the function again. */
export class UndeliveredAnswerError extends CompressorError {
  readonly code = 'ANSWER_UNDELIVERED';
  readonly retryable = true;
}

/** Lambda does not say which image a function runs. Retried, because the permission to ask is as new as the stack. */
export class UnreadableFunctionError extends CompressorError {
  readonly code = 'FUNCTION_UNREADABLE';
  readonly retryable = true;
}

/** KMS gave no answer that can be used. */
export class UnavailableKeyStoreError extends CompressorError {
  readonly code = 'KEY_STORE_UNAVAILABLE';
  readonly retryable = true;
}

/** The notifications of a source bucket could not be read: whether new objects reach their queues cannot be said in this invocation. */
export class UnknownNotificationsError extends CompressorError {
  readonly code = 'NOTIFICATIONS_UNKNOWN';
  readonly retryable = true;
}
