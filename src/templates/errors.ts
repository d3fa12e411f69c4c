import { CompressorError } from '../errors.ts';

/** The configuration requires more than CloudFormation or IAM allow in one stack. */
export class TemplateLimitError extends CompressorError {
  readonly code = 'TEMPLATE_LIMIT';
  readonly retryable = false;
}

/** samconfig.toml already has a user's table with a name that `npm run configure` writes. */
export class SamConfigConflictError extends CompressorError {
  readonly code = 'SAMCONFIG_CONFLICT';
  readonly retryable = false;
}

/** A stack has alarms, but no marks between which to write them. */
export class MissingAlarmMarkerError extends CompressorError {
  readonly code = 'ALARM_PLACE_MISSING';
  readonly retryable = false;
}
