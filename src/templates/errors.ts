import { CompressorError } from '../errors.ts';

/** What the configuration asks for is more than CloudFormation or IAM take in one stack. */
export class TemplateLimitError extends CompressorError {
  readonly code = 'TEMPLATE_LIMIT';
  readonly retryable = false;
}

/** samconfig.toml has a table of its own where `npm run configure` writes one. */
export class SamConfigConflictError extends CompressorError {
  readonly code = 'SAMCONFIG_CONFLICT';
  readonly retryable = false;
}

/** A stack has alarms and no place for them. */
export class MissingAlarmMarkerError extends CompressorError {
  readonly code = 'ALARM_PLACE_MISSING';
  readonly retryable = false;
}
