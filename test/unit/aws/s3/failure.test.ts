import { describe, expect, it } from '@jest/globals';
import { ResponseHeaders } from '../../../../src/aws/http/response-headers.ts';
import {
  type CallKind,
  describeFailure,
  findFailure,
  findRemedy,
  type S3Failure,
} from '../../../../src/aws/s3/failure.ts';

const failure = (status: number, code = '', message = 'why'): S3Failure => ({
  status,
  code,
  message,
  requestId: 'R',
  date: undefined,
});
const call = (kind: CallKind, operation = 'SomeCall') => ({ kind, operation, bucket: 'b', key: 'k' });

describe('findRemedy', () => {
  it.each<[string, S3Failure, CallKind, ReturnType<typeof findRemedy>]>([
    ['an internal error', failure(500, 'InternalError'), 'read', 'transient'],
    ['a bad gateway', failure(502), 'read', 'transient'],
    ['a lost connection', failure(0, 'ECONNRESET'), 'write', 'transient'],
    ['a redirect while DNS catches up', failure(307, 'TemporaryRedirect'), 'write', 'transient'],
    ['a slow body', failure(400, 'RequestTimeout'), 'write', 'transient'],
    ['a damaged body', failure(400, 'BadDigest'), 'write', 'transient'],
    ['a damaged body, in the words of MinIO', failure(400, 'XAmzContentChecksumMismatch'), 'write', 'transient'],
    ['an error under status 200', failure(200, 'InternalError'), 'write', 'transient'],
    ['a racing delete', failure(409, 'ConditionalRequestConflict'), 'remove', 'transient'],
    ['slow down', failure(503, 'SlowDown'), 'read', 'throttled'],
    ['a throttled HEAD', failure(503), 'read', 'throttled'],
    ['throttling by KMS', failure(400, 'KMS.ThrottlingException'), 'read', 'throttled'],
    ['an expired token', failure(400, 'ExpiredToken'), 'read', 'new-credentials'],
    ['a HEAD without a reason', failure(400), 'read', 'new-credentials'],
    ['a wrong clock', failure(403, 'RequestTimeTooSkewed'), 'read', 'server-clock'],
    ['a missing permission', failure(403, 'AccessDenied'), 'read', 'none'],
    ['a racing write', failure(409, 'ConditionalRequestConflict'), 'write', 'none'],
    ['a missing key', failure(404, 'NoSuchKey'), 'read', 'none'],
  ])('chooses the right one for %s', (_, met, kind, remedy) => {
    expect(findRemedy(met, kind)).toBe(remedy);
  });
});

describe('describeFailure', () => {
  const sseC = 'The object was stored using a form of Server Side Encryption. The correct parameters must be provided.';
  it.each<[CallKind, S3Failure, string, boolean]>([
    ['read', failure(404, 'NoSuchKey'), 'OBJECT_NOT_FOUND', false],
    ['read', failure(404, 'NoSuchVersion'), 'OBJECT_NOT_FOUND', false],
    ['write', failure(404, 'NoSuchVersion'), 'OBJECT_NOT_FOUND', false],
    ['remove', failure(404, 'NoSuchKey'), 'OBJECT_NOT_FOUND', false],
    // A gateway's page, an unknown access key on one server, and an unforeseen code.
    ['read', failure(404), 'ABSENCE_UNCONFIRMED', true],
    ['read', failure(404, 'XAdminUserNotFound'), 'ABSENCE_UNCONFIRMED', true],
    ['read', failure(404, 'NoSuchSomething'), 'ABSENCE_UNCONFIRMED', true],
    ['remove', failure(404), 'ABSENCE_UNCONFIRMED', true],
    ['read', failure(404, 'NoSuchBucket'), 'BUCKET_NOT_FOUND', true],
    ['read', failure(412, 'PreconditionFailed'), 'OBJECT_CHANGED', false],
    ['read', failure(416, 'InvalidRange'), 'OBJECT_SIZE_MISMATCH', true],
    ['read', failure(403, 'InvalidObjectState'), 'OBJECT_ARCHIVED', false],
    ['write', failure(400, 'RequestHeaderSectionTooLarge'), 'HEADERS_TOO_LARGE', false],
    ['read', failure(400, 'InvalidRequest', sseC), 'OBJECT_CUSTOMER_KEY', false],
    ['read', failure(403, 'AccessDenied', 'Customer-provided keys are required'), 'OBJECT_CUSTOMER_KEY', false],
    ['read', failure(400), 'OBJECT_CUSTOMER_KEY', false],
    ['read', failure(403, 'AccessDenied', 'no kms:Decrypt on a customer managed key'), 'STORAGE_ACCESS_DENIED', true],
    ['read', failure(400, 'KMS.DisabledException'), 'STORAGE_ACCESS_DENIED', true],
    ['read', failure(400, 'ExpiredToken'), 'STORAGE_ACCESS_DENIED', true],
    ['read', failure(301, 'PermanentRedirect'), 'STORAGE_REJECTED', false],
    ['write', failure(412, 'PreconditionFailed'), 'WRITE_CONDITION_FAILED', true],
    ['write', failure(409, 'ConditionalRequestConflict'), 'WRITE_CONDITION_FAILED', true],
    ['write', failure(404, 'NoSuchKey'), 'WRITE_CONDITION_FAILED', true],
    ['write', failure(404, 'NoSuchUpload'), 'UPLOAD_GONE', true],
    ['write', failure(400, 'InvalidTag'), 'STORAGE_REJECTED', false],
    ['write', failure(404), 'ABSENCE_UNCONFIRMED', true],
    ['remove', failure(412, 'PreconditionFailed'), 'WRITE_CONDITION_FAILED', true],
  ])('turns a %s that failed with %j into %s', (kind, met, code, retryable) => {
    const error = describeFailure(met, call(kind), 1);
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toContain('s3://b/k');
    expect(error.context).toMatchObject({ status: met.status, s3Code: met.code, requestId: 'R', attempts: 1 });
  });

  it("reads a HEAD's bare 404, which has no body, as a missing object", () => {
    expect(describeFailure(failure(404), call('read', 'HeadObject'), 1).code).toBe('OBJECT_NOT_FOUND');
    expect(describeFailure(failure(404), call('read', 'GetObject'), 1).code).toBe('ABSENCE_UNCONFIRMED');
  });

  it('treats a missing upload as a lost response if the completion was tried before', () => {
    const completion = call('write', 'CompleteMultipartUpload');
    expect(describeFailure(failure(404, 'NoSuchUpload'), completion, 1).code).toBe('UPLOAD_GONE');
    expect(describeFailure(failure(404, 'NoSuchUpload'), completion, 2).code).toBe('WRITE_CONDITION_FAILED');
  });
});

it('finds the error inside a 200', () => {
  const body = '<?xml version="1.0"?>\n  \n<Error><Code>InternalError</Code><Message>again</Message></Error>';
  expect(findFailure({ status: 200, headers: ResponseHeaders.of({}), body })).toMatchObject({
    status: 200,
    code: 'InternalError',
  });
  expect(
    findFailure({ status: 200, headers: ResponseHeaders.of({}), body: '<CompleteMultipartUploadResult/>' }),
  ).toBeUndefined();
});

it('reports an overtaken write if a version is gone before its tags are written', () => {
  const met = failure(404, 'NoSuchVersion');
  expect(describeFailure(met, call('write', 'PutObjectTagging'), 1)).toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
  expect(describeFailure(met, call('write', 'CopyObject'), 1)).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
});
