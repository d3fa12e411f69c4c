import { CompressorError } from '../../errors.ts';

/** Codes of errors in the command line. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'COMMAND_USAGE_INVALID',
  'DEPLOY_INPUT_INVALID',
  'DEMO_INPUT_INVALID',
]);
/** Names of the AWS SDK's errors when it finds no usable credentials. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is exceeded',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'part of the path is a file, not a folder',
  EEXIST: 'it already exists',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EFBIG: 'the file is too large',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENOTEMPTY: 'the folder is not empty',
  EBUSY: 'it is in use',
  EIO: 'the device has failed',
  EPIPE: 'the reader has closed it',
  ECONNRESET: 'the connection was closed',
  ETIMEDOUT: 'no response in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'the address does not belong to this machine',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is unknown',
};

/** For these, Node only reports `aborted` or `socket hang up`. */
const BROKEN_CONNECTIONS: ReadonlySet<string> = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Explains a file-system error. */
export function systemErrorText(thrown: unknown): string {
  const { code, message } = fieldsOf(thrown);
  return (code === undefined ? undefined : SYSTEM_ERRORS[code]) ?? message;
}

export interface Failure {
  /** Without `error: `; has several lines if the error does. */
  readonly text: string;
  readonly exitStatus: 1 | 2;
}

/**
 * The message to the user about an error. Errors that a user can cause are one sentence; the stack is printed only for
 * unexpected errors, where it is the only clue.
 */
export function explainFailure(thrown: unknown): Failure {
  // The first failure: cleaning up after it often fails for the same reason.
  if (typeof thrown === 'object' && thrown !== null && 'suppressed' in thrown) return explainFailure(thrown.suppressed);
  if (thrown instanceof CompressorError) {
    return { text: thrown.message, exitStatus: USAGE_CODES.has(thrown.code) ? 2 : 1 };
  }
  const { name, message, code, path, stack } = fieldsOf(thrown);
  if (path === undefined && code !== undefined && BROKEN_CONNECTIONS.has(code)) {
    const text = `the connection was closed before the response was complete (${message}); run the command again.`;
    return { text, exitStatus: 1 };
  }
  const system = code === undefined ? undefined : SYSTEM_ERRORS[code];
  if (system !== undefined) return { text: path === undefined ? message : `${path}: ${system}`, exitStatus: 1 };
  const missing = code === 'ERR_MODULE_NOT_FOUND' ? /package '([^']+)'/.exec(message)?.[1] : undefined;
  if (missing !== undefined) {
    return { text: `the package ${missing} is not installed: run \`npm ci\` in the project's folder.`, exitStatus: 1 };
  }
  if (CREDENTIAL_ERRORS.has(name)) {
    return {
      text: `no usable AWS credentials (${message}). Set AWS_PROFILE, pass --profile, or log in with the AWS CLI.`,
      exitStatus: 1,
    };
  }
  if (isServiceError(thrown)) return { text: `AWS returned ${name}: ${message}`, exitStatus: 1 };
  return { text: `unexpected: ${stack ?? message}`, exitStatus: 1 };
}

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
  readonly stack: string | undefined;
}

/** By shape, not by `instanceof`: errors of node:fs may belong to another realm. */
function fieldsOf(thrown: unknown): ErrorFields {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: '', message: String(thrown), code: undefined, path: undefined, stack: undefined };
  }
  const field = (key: string): string | undefined => {
    const value: unknown = Reflect.get(thrown, key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const name = field('name') ?? '';
  return { name, message: field('message') ?? name, code: field('code'), path: field('path'), stack: field('stack') };
}

/** Errors of the SDK's clients carry the request's metadata. */
function isServiceError(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && '$metadata' in thrown;
}
