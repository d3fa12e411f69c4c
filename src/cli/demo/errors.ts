import { CompressorError } from '../../errors.ts';

/** The user's input to the demo cannot be used: an option, the folder, a file in it. Ends with exit status 2. */
export class DemoInputError extends CompressorError {
  readonly code = 'DEMO_INPUT_INVALID';
  readonly retryable = false;
}

/** A file can no longer be read, or changed while it was read: it is skipped and reported. */
export class SourceChangedError extends CompressorError {
  readonly code = 'DEMO_SOURCE_CHANGED';
  readonly retryable = false;
}

/** The emulated pipeline stopped working, so there is no result for the objects. */
export class DemoFailedError extends CompressorError {
  readonly code = 'DEMO_FAILED';
  readonly retryable = false;
}
