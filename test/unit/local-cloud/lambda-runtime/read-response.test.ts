import { describe, expect, test } from '@jest/globals';
import { emulatorFileName } from '../../../../local-cloud/lambda-runtime/interface-emulator.ts';
import { readResponse } from '../../../../local-cloud/lambda-runtime/read-response.ts';

const THROWN = JSON.stringify({ errorType: 'TypeError', errorMessage: 'bad', trace: ['TypeError: bad', '  at x'] });
const ENDED = JSON.stringify({
  errorType: 'Runtime.ExitError',
  errorMessage: 'RequestId: 1-2 Error: Runtime exited with error: exit status 3',
});

/** As the emulator of SAM CLI 1.170.0 answers. */
describe('readResponse', () => {
  test.each([
    ['an object', '{"batchItemFailures":[]}', { batchItemFailures: [] }],
    ['null', 'null', null],
    [
      'an error that the handler returned instead of throwing it',
      '{"errorType":"A","errorMessage":"b"}',
      { errorType: 'A', errorMessage: 'b' },
    ],
  ])('reads %s as a response', (_, text, response) => {
    expect(readResponse({ status: 200, text }, 'f')).toEqual({ kind: 'answered', response });
  });

  test.each([
    [200, THROWN, 'FUNCTION_THREW', 'f threw TypeError: bad'],
    [200, 'Task timed out after 2.00 seconds', 'FUNCTION_TIMED_OUT', 'f: Task timed out after 2.00 seconds'],
    [502, THROWN, 'FUNCTION_INIT_FAILED', 'f could not be initialized: TypeError: bad'],
    [
      502,
      ENDED,
      'FUNCTION_CRASHED',
      'The process of f ended in the middle of an invocation: Runtime exited with error: exit status 3',
    ],
    [502, '', 'FUNCTION_CRASHED', 'The process of f ended in the middle of an invocation'],
    [500, 'oops', 'FUNCTION_CRASHED', 'The emulator of f answered 500: oops'],
  ])('reads status %i with %j as %s', (status, text, code, message) => {
    expect(readResponse({ status, text }, 'f')).toMatchObject({ kind: 'failed', error: { code, message } });
  });
});

describe('emulatorFileName', () => {
  test.each([
    ['linux', 'x64', 'aws-lambda-rie-x86_64'],
    ['linux', 'arm64', 'aws-lambda-rie-arm64'],
  ])('for %s %s is %s', (platform, processor, name) => {
    expect(emulatorFileName(platform, processor)).toBe(name);
  });

  test.each([
    ['darwin', 'arm64'],
    ['linux', 'riscv64'],
  ])('refers a user of %s %s to sam local invoke', (platform, processor) => {
    expect(() => emulatorFileName(platform, processor)).toThrow(
      expect.objectContaining({
        code: 'LAMBDA_EMULATOR_MISSING',
        message: expect.stringContaining('sam local invoke'),
      }),
    );
  });
});
