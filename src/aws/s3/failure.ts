import type { CompressorError, ErrorContext } from '../../errors.ts';
import {
  AccessDeniedError,
  CustomerKeyError,
  HeadersTooLargeError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectNotFoundError,
  ObjectSizeError,
  StorageRejectedError,
  UnavailableStorageError,
  UnconfirmedAbsenceError,
  UploadGoneError,
  WriteConditionError,
} from '../../storage/errors.ts';
import { BucketNotFoundError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import type { Pressure } from './retry-policy.ts';
import { readText } from './xml.ts';

/** The kinds of call, which differ in what a failed precondition means. */
export type CallKind = 'read' | 'write' | 'remove';

export interface CallName {
  readonly kind: CallKind;
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
}

/** A failure as S3 describes it, or as the connection does if there was no response. */
export interface S3Failure {
  /** 0 without a response. */
  readonly status: number;
  /** Empty when S3 sent no error document, as with every HEAD. */
  readonly code: string;
  readonly message: string;
  /** Details about parts of the request, such as the destinations of notifications that S3 cannot use. */
  readonly parts?: string;
  readonly requestId: string | undefined;
  /** The missing object was deleted in a bucket that keeps versions. */
  readonly isDeleteMarker?: boolean;
  /** The server's clock. */
  readonly date: string | undefined;
  readonly cause?: Error;
}

/** How to react to a failure: retry, retry with other credentials or another clock, or give up. */
export type Remedy = Pressure | 'new-credentials' | 'server-clock' | 'none';

const THROTTLING = new Set([
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'KMS.ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'RequestThrottled',
  'TooManyRequests',
]);
/** 4xx responses with a transient cause: the body was truncated or damaged in transit, or S3 gave up waiting for it. */
const PASSING = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'IncompleteBody',
  'BadDigest',
  // MinIO's code for it.
  'XAmzContentChecksumMismatch',
  'OperationAborted',
]);
const EXPIRED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'RequestExpired',
]);
const ABSENCES = new Set(['NoSuchKey', 'NoSuchVersion']);
const CUSTOMER_KEY = /form of server side encryption|customer[- ]provided|encryption-customer/i;

/** The failure in a response, or undefined for a success. CompleteMultipartUpload may send one under status 200. */
export function findFailure({ status, headers, body }: HttpResponse): S3Failure | undefined {
  if (status < 300 && !body.includes('<Error>')) return undefined;
  return {
    status,
    code: readText(body, 'Code') ?? '',
    message: readText(body, 'Message') ?? '',
    parts: describeParts(body),
    requestId: headers.get('x-amz-request-id'),
    date: headers.get('date'),
    isDeleteMarker: headers.get('x-amz-delete-marker') === 'true',
  };
}

/** S3 numbers the arguments: `ArgumentName1`, `ArgumentValue1`. A single one has no number. */
function describeParts(body: string): string {
  const numbers = [...body.matchAll(/<ArgumentName(\d*)>/g)].map(([, number = '']) => number);
  return numbers
    .map((number) => `${readText(body, `ArgumentName${number}`)}: ${readText(body, `ArgumentValue${number}`) ?? ''}`)
    .join('; ');
}

/** The failure of a connection: it was reset, timed out, or could not be established. */
export function describeLostResponse(cause: Error): S3Failure {
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return { status: 0, code, message: cause.message, requestId: undefined, date: undefined, cause };
}

export function findRemedy({ status, code }: S3Failure, kind: CallKind): Remedy {
  if (THROTTLING.has(code) || status === 429) return 'throttled';
  // A HEAD response has no document that gives the reason; expired credentials are the only cause that a retry can
  // fix.
  if (EXPIRED.has(code) || (status === 400 && code === '')) return 'new-credentials';
  if (code === 'RequestTimeTooSkewed') return 'server-clock';
  // S3 throttles HEAD with a 503 without a document. An error with status 200 is a server error.
  if (status === 503) return 'throttled';
  if (status >= 500 || status < 300 || status === 408 || status === 307 || PASSING.has(code)) return 'transient';
  return status === 409 && kind === 'remove' ? 'transient' : 'none';
}

/** The error for a failure that retries cannot fix. */
export function describeFailure(failure: S3Failure, call: CallName, attempts: number): CompressorError {
  const { status, code, message, parts = '' } = failure;
  const context = contextOf(call, attempts, failure);
  const object = `s3://${call.bucket}/${call.key}`;
  const reason = `${code && ` ${code}`}${message && `: ${message}`}${parts && ` (${parts})`}`;
  const said = `S3 answered ${call.operation} of ${object} with ${status}${reason}`;
  const details = { context };

  if (code === 'NoSuchBucket') {
    return new BucketNotFoundError(`${said}. Create the bucket, or correct its name in the configuration.`, details);
  }
  if (code === 'NoSuchUpload') {
    // An earlier attempt may have completed the upload although its response was lost: then the object exists.
    if (call.operation === 'CompleteMultipartUpload' && attempts > 1) return new WriteConditionError(said, details);
    return new UploadGoneError(`${said}. Start a new upload; a lifecycle rule may abort uploads too early.`, details);
  }
  if (code === 'InvalidPart') {
    // Another task is working on the same upload and has replaced a part: its completion is the one that counts.
    return new UploadGoneError(`${said}. The next attempt checks what is stored.`, details);
  }
  if (CUSTOMER_KEY.test(message) || (status === 400 && code === '')) {
    return new CustomerKeyError(`${said}. Only the holder of the key can copy such objects.`, details);
  }
  if (code === 'RequestHeaderSectionTooLarge' || status === 431) {
    return new HeadersTooLargeError(`${said}. Shorten the object's metadata or headers at the source.`, details);
  }
  if (code === 'InvalidObjectState') {
    return new ObjectArchivedError(`${said}. Restore the object from its storage class first.`, details);
  }
  if (status === 403 || status === 401 || code.startsWith('KMS.') || EXPIRED.has(code)) {
    return new AccessDeniedError(`${said}. Check the role's policy, the bucket policy and the KMS key.`, details);
  }
  if (isAbsence(failure, call)) return new ObjectNotFoundError(said, details);
  // A key that is gone does not have the ETag that If-Match asks for; S3 then responds to a write with 404.
  const isUnmet = status === 412 || (call.kind === 'write' && (status === 409 || ABSENCES.has(code)));
  if (isUnmet)
    return call.kind === 'read' ? new ObjectChangedError(said, details) : new WriteConditionError(said, details);
  if (status === 404) {
    const advice =
      'That does not say whether the object exists. Check what responds at the endpoint, and the credentials.';
    return new UnconfirmedAbsenceError(`${said}. ${advice}`, details);
  }
  if (status === 416) return new ObjectSizeError(`${said}. The object is shorter than announced.`, details);
  return new StorageRejectedError(`${said}${adviceFor(failure)}`, details);
}

/**
 * Whether S3's error code says that the object does not exist; a HEAD response has no code, see
 * S3ObjectStore.describeVersion.
 */
function isAbsence({ status, code }: S3Failure, { kind, operation }: CallName): boolean {
  // Copies, reads and tags of a version name the version, and an object that is tagged existed when it was written.
  if (code === 'NoSuchVersion') return operation !== 'PutObjectTagging';
  // A write can only get NoSuchKey if it had a condition on the existing object.
  if (kind === 'write' || status !== 404) return false;
  return code === 'NoSuchKey' || (operation.startsWith('Head') && code === '');
}

/** The error of a call that has used up its attempts. `last` is the failure of the last attempt. */
export function describeOutage(last: S3Failure, call: CallName, attempts: number): UnavailableStorageError {
  const { status, code, message, cause } = last;
  const name = `${call.operation} of s3://${call.bucket}/${call.key}`;
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  const said = status === 0 ? `no response (${code}: ${message})` : `${status} ${code}: ${message}`;
  return new UnavailableStorageError(`${name} failed after ${tries}; last result: ${said}`, {
    context: contextOf(call, attempts, last),
    cause,
  });
}

/** The error of a request that HTTP cannot express, such as one with control characters in a header. */
export function describeUnsendable(cause: unknown, call: CallName): StorageRejectedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${call.operation} of s3://${call.bucket}/${call.key} cannot be sent: ${reason}`;
  return new StorageRejectedError(message, { context: contextOf(call, 0), cause });
}

function contextOf(call: CallName, attempts: number, failure?: S3Failure): ErrorContext {
  const { operation, bucket, key } = call;
  const { status, code, requestId, isDeleteMarker } = failure ?? {};
  const context = { operation, bucket, key, attempts, status, s3Code: code, requestId };
  return isDeleteMarker === true ? { ...context, deleteMarker: isDeleteMarker } : context;
}

function adviceFor({ status, code }: S3Failure): string {
  const isWrongRegion = status === 301 || code === 'AuthorizationHeaderMalformed';
  return isWrongRegion ? '. The bucket is not in the region that the configuration names.' : '';
}
