import { CompressorError } from '../errors.ts';

/** No Python interpreter answers to any of the names that were tried. */
export class PythonMissingError extends CompressorError {
  readonly code = 'PYTHON_MISSING';
  readonly retryable = false;
}

/** Python is there, but older than the local servers need. */
export class PythonTooOldError extends CompressorError {
  readonly code = 'PYTHON_TOO_OLD';
  readonly retryable = false;
}

/** The project's own Python environment could not be made; the message ends with what pip or venv said. */
export class PythonPackagesError extends CompressorError {
  readonly code = 'PYTHON_PACKAGES_FAILED';
  readonly retryable = true;
}

/** The child process that serves an emulated region ended, or never said that it is ready. */
export class LocalServerError extends CompressorError {
  readonly code = 'LOCAL_SERVER_FAILED';
  readonly retryable = false;
}
