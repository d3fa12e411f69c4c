/** The context of an error: names and numbers for log queries and dead-letter attributes. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ErrorDetails {
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/**
 * Base of every error that this product throws on purpose.
 *
 * `code` never changes once released: dead letters, alarms and runbooks name it (docs/errors.md lists all of them).
 * `retryable` decides the fate of a queue message: true returns it to the queue, false dead-letters it.
 */
export abstract class CompressorError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.context = details.context ?? {};
  }
}

/** An error that no part of the product expected. Retried, because a bug must not lose an object. */
export class UnexpectedError extends CompressorError {
  readonly code = 'UNEXPECTED';
  readonly retryable = true;
}

/** The value as one of our errors: itself, or wrapped so that it has code, `retryable` and cause. */
export function asCompressorError(thrown: unknown): CompressorError {
  if (thrown instanceof CompressorError) return thrown;
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new UnexpectedError(message, { cause: thrown });
}
