import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explainFailure } from '../../../../src/cli/command/explain-failure.ts';

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

describe('a failure that a user can cause', () => {
  test('is one line for a file that does not exist', () => {
    const path = join(tmpdir(), 'no-such-folder', 'file');
    expect(explainFailure(thrownBy(() => readFileSync(path)))).toEqual({
      text: `${path}: no such file or folder`,
      exitStatus: 1,
    });
  });

  test('is one line for a folder in place of a file', () => {
    expect(
      explainFailure(
        thrownBy(() => {
          writeFileSync(tmpdir(), '');
        }),
      ),
    ).toEqual({
      text: `${tmpdir()}: it is a folder, not a file`,
      exitStatus: 1,
    });
  });

  test.each([
    ['ENOSPC', 'no space left on the device'],
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'permission denied'],
  ])('is one line for %s', (code, text) => {
    expect(explainFailure(Object.assign(new Error('x'), { code, path: '/f' })).text).toBe(`/f: ${text}`);
  });

  test.each([
    ['ECONNRESET', 'aborted'],
    ['ERR_STREAM_PREMATURE_CLOSE', 'Premature close'],
  ])('says in words that a response was cut off: %s', (code, message) => {
    expect(explainFailure(Object.assign(new Error(message), { code }))).toEqual({
      text: `the connection was closed before the response was complete (${message}); run the command again.`,
      exitStatus: 1,
    });
  });

  test('names the package that a newer checkout needs and that is not installed', () => {
    const message = "Cannot find package '@aws-sdk/client-ecr' imported from /x/aws-clients.ts";
    expect(explainFailure(Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' }))).toEqual({
      text: "the package @aws-sdk/client-ecr is not installed: run `npm ci` in the project's folder.",
      exitStatus: 1,
    });
  });

  test('says what to do without credentials', () => {
    const error = Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' });
    expect(explainFailure(error).text).toMatch(/^no usable AWS credentials \(Could not load\)\. .*--profile/);
  });

  test('repeats the error that AWS returned', () => {
    const error = Object.assign(new Error('not allowed'), { name: 'AccessDenied', $metadata: {} });
    expect(explainFailure(error).text).toBe('AWS returned AccessDenied: not allowed');
  });
});

test('an unexpected failure keeps its stack trace', () => {
  expect(explainFailure(new TypeError('x is undefined')).text).toMatch(
    /^unexpected: TypeError: x is undefined\n\s+at /,
  );
});
