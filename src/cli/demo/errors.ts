import { CompressorError } from '../../errors.ts';

/** What the user gave the demo cannot be used: an option, the folder, a file in it. Ends with exit status 2. */
export class DemoInputError extends CompressorError {
  readonly code = 'DEMO_INPUT_INVALID';
  readonly retryable = false;
}

/** A file cannot be read any more, or changed while it was read: it is skipped and named. */
export class SourceChangedError extends CompressorError {
  readonly code = 'DEMO_SOURCE_CHANGED';
  readonly retryable = false;
}

/** The emulated pipeline stopped working: nothing can be said about the objects. */
export class DemoFailedError extends CompressorError {
  readonly code = 'DEMO_FAILED';
  readonly retryable = false;
}
