import { CompressorError } from '../errors.ts';

/** The event is not a request from CloudFormation, or its properties are not those of the resource's type. */
export class InvalidResourceError extends CompressorError {
  readonly code = 'RESOURCE_INVALID';
  readonly retryable = false;
}

/**
 * Another application's notification matches the same events of the same keys, has the id of one of ours, or keeps S3
 * from accepting ours.
 */
export class NotificationConflictError extends CompressorError {
  readonly code = 'NOTIFICATION_CONFLICT';
  readonly retryable = false;
}

/** Another application's replication rules conflict with ours, or there would be too many. */
export class ReplicationConflictError extends CompressorError {
  readonly code = 'REPLICATION_CONFLICT';
  readonly retryable = false;
}

/** A bucket is missing, in another region, or not versioned although it must be. */
export class UnusableBucketError extends CompressorError {
  readonly code = 'BUCKET_UNUSABLE';
  readonly retryable = false;
}

/** A KMS key is missing, in another region, disabled, of a kind that S3 does not accept, or not named by any rule. */
export class UnusableKeyError extends CompressorError {
  readonly code = 'KEY_UNUSABLE';
  readonly retryable = false;
}

/** S3 rejected a configuration. Retried, because policies and roles take a while to take effect. */
export class ConfigurationRefusedError extends CompressorError {
  readonly code = 'CONFIGURATION_REFUSED';
  readonly retryable = true;
}

/** Our configuration was overwritten after each attempt: another tool writes the same one. */
export class ContestedConfigurationError extends CompressorError {
  readonly code = 'CONFIGURATION_CONTESTED';
  readonly retryable = true;
}

/** The Price List did not respond. */
export class UnavailablePriceListError extends CompressorError {
  readonly code = 'PRICE_LIST_UNAVAILABLE';
  readonly retryable = true;
}

/** The resource was not finished when the function ran out of time. */
export class DeploymentTimeError extends CompressorError {
  readonly code = 'DEPLOYMENT_TIME_EXCEEDED';
  readonly retryable = true;
}

/** The response could not be delivered to CloudFormation's URL. Lambda then invokes the function again. */
export class UndeliveredAnswerError extends CompressorError {
  readonly code = 'ANSWER_UNDELIVERED';
  readonly retryable = true;
}

/**
 * Lambda did not return the image of a function. Retried, because the permission for this call is as new as the stack.
 */
export class UnreadableFunctionError extends CompressorError {
  readonly code = 'FUNCTION_UNREADABLE';
  readonly retryable = true;
}

/** KMS returned no usable response. */
export class UnavailableKeyStoreError extends CompressorError {
  readonly code = 'KEY_STORE_UNAVAILABLE';
  readonly retryable = true;
}

/**
 * The notifications of a source bucket could not be read, so this invocation cannot tell whether new objects reach
 * their queues.
 */
export class UnknownNotificationsError extends CompressorError {
  readonly code = 'NOTIFICATIONS_UNKNOWN';
  readonly retryable = true;
}
