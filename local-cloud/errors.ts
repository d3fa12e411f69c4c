import { CompressorError } from '../src/errors.ts';

/** No Python interpreter was found under any of the names that were tried. */
export class MissingPythonError extends CompressorError {
  readonly code = 'PYTHON_MISSING';
  readonly retryable = false;
}

/** Python was found, but is older than the local servers need. */
export class PythonTooOldError extends CompressorError {
  readonly code = 'PYTHON_TOO_OLD';
  readonly retryable = false;
}

/** The project's own Python environment could not be created; the message ends with the output of pip or venv. */
export class PythonPackagesError extends CompressorError {
  readonly code = 'PYTHON_PACKAGES_FAILED';
  readonly retryable = true;
}

/** The child process that serves an emulated region ended, or never became ready. */
export class LocalServerError extends CompressorError {
  readonly code = 'LOCAL_SERVER_FAILED';
  readonly retryable = false;
}

/** The handler of a bundled function threw; the message repeats what Lambda would log. */
export class FunctionThrewError extends CompressorError {
  readonly code = 'FUNCTION_THREW';
  readonly retryable = true;
}

/** The function did not respond within its timeout and was killed. */
export class FunctionTimedOutError extends CompressorError {
  readonly code = 'FUNCTION_TIMED_OUT';
  readonly retryable = true;
}

/** The process of the function ended in the middle of an invocation: it crashed, or someone killed it. */
export class FunctionCrashedError extends CompressorError {
  readonly code = 'FUNCTION_CRASHED';
  readonly retryable = true;
}

/** The bundle could not be loaded, or exports no such handler. */
export class FunctionInitError extends CompressorError {
  readonly code = 'FUNCTION_INIT_FAILED';
  readonly retryable = false;
}

/** A bucket cannot replicate as its configuration says: it, or the destination, lacks versioning or does not exist. */
export class ReplicationSetupError extends CompressorError {
  readonly code = 'LOCAL_REPLICATION_SETUP';
  readonly retryable = false;
}

/** The process of a fallback task failed on its own. */
export class WorkerTaskError extends CompressorError {
  readonly code = 'WORKER_TASK_FAILED';
  readonly retryable = false;
}

/** A function wrote a metric that CloudWatch would silently drop. */
export class InvalidEmfError extends CompressorError {
  readonly code = 'EMF_INVALID';
  readonly retryable = false;
}

/** There is no Lambda Runtime Interface Emulator for this machine. */
export class MissingLambdaEmulatorError extends CompressorError {
  readonly code = 'LAMBDA_EMULATOR_MISSING';
  readonly retryable = false;
}

/** The runtime interface client could not be installed; the message ends with npm's output. */
export class LambdaPackagesError extends CompressorError {
  readonly code = 'LAMBDA_PACKAGES_FAILED';
  readonly retryable = true;
}

/** An event file cannot be used: missing, not JSON, too large, or not an event of the function. */
export class EventFileError extends CompressorError {
  readonly code = 'EVENT_FILE_INVALID';
  readonly retryable = false;
}
