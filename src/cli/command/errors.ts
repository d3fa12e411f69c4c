import { CompressorError } from '../../errors.ts';

/** The command line is not valid. */
export class DeployInputError extends CompressorError {
  readonly code = 'DEPLOY_INPUT_INVALID';
  readonly retryable = false;
}

/** template.yaml or samconfig.toml does not match the configuration. */
export class StaleTemplateError extends CompressorError {
  readonly code = 'TEMPLATE_STALE';
  readonly retryable = false;
}

/** Regions that start to send to each other in a single step: no order of deployment works. */
export class DeployBlockedError extends CompressorError {
  readonly code = 'DEPLOY_BLOCKED';
  readonly retryable = false;
}

/** The SAM CLI is not installed. */
export class MissingSamError extends CompressorError {
  readonly code = 'SAM_MISSING';
  readonly retryable = false;
}

/** The SAM CLI failed and printed its error. */
export class SamFailedError extends CompressorError {
  readonly code = 'SAM_FAILED';
  readonly retryable = true;
}

/** Queues that would be deleted have messages. */
export class MessagesWaitingError extends CompressorError {
  readonly code = 'MESSAGES_WAITING';
  readonly retryable = true;
}

/** It is unknown whether queues that would be deleted are empty. */
export class UnreadableQueuesError extends CompressorError {
  readonly code = 'QUEUES_UNREADABLE';
  readonly retryable = true;
}

/** An archive that was given up cannot be read, or cannot be deleted after it was resent. */
export class KeptArchiveError extends CompressorError {
  readonly code = 'KEPT_ARCHIVE_FAILED';
  readonly retryable = true;
}

/**
 * The command line names something that does not exist, or options that contradict each other. Ends with exit status 2.
 */
export class UsageError extends CompressorError {
  readonly code = 'COMMAND_USAGE_INVALID';
  readonly retryable = false;
}

/** There are no credentials that AWS accepts, or they have no access to a region. */
export class UnreadableAccountError extends CompressorError {
  readonly code = 'ACCOUNT_UNREADABLE';
  readonly retryable = true;
}

/** A stack is in a state in which CloudFormation accepts no deployment. */
export class StackNotReadyError extends CompressorError {
  readonly code = 'STACK_NOT_READY';
  readonly retryable = true;
}

/** AWS would refuse the deployment, because the account exceeds a quota or a region lacks something. */
export class AccountNotReadyError extends CompressorError {
  readonly code = 'ACCOUNT_NOT_READY';
  readonly retryable = true;
}

/** The configuration is still that of the example. */
export class ExampleConfigurationError extends CompressorError {
  readonly code = 'EXAMPLE_CONFIGURATION';
  readonly retryable = false;
}

/** CloudFormation could not delete a stack. */
export class StackRemovalError extends CompressorError {
  readonly code = 'STACK_REMOVAL_FAILED';
  readonly retryable = true;
}

/** A command that runs the project's sources was called from the bundle. */
export class MissingCheckoutError extends CompressorError {
  readonly code = 'CHECKOUT_NEEDED';
  readonly retryable = false;
}
