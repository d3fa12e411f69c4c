import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LambdaFunctionDirectory } from '../../src/aws/deployment/function-directory.ts';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:compressor-deployment';
const IMAGE = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/compressor@sha256:0123';

let server: RecordingServer;

beforeAll(async () => {
  server = await startRecordingServer();
});

afterAll(async () => {
  await server.stop();
});

function findImage(arn: string, signal = new AbortController().signal): Promise<string> {
  const credentials = () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' });
  return new LambdaFunctionDirectory({ credentials, endpoint: server.endpoint }).findImage(arn, signal);
}

describe('LambdaFunctionDirectory', () => {
  test.each([
    [`${FUNCTION}:7`, 'Qualifier=7'],
    [FUNCTION, 'Qualifier=%24LATEST'],
  ])('sends a signed request to Lambda in the region for %s', async (arn, query) => {
    server.script({ status: 200, body: JSON.stringify({ Code: { ImageUri: 'tagged', ResolvedImageUri: IMAGE } }) });
    await expect(findImage(arn)).resolves.toBe(IMAGE);
    const last = server.requests.at(-1);
    expect(last).toMatchObject({ method: 'GET', url: `/2015-03-31/functions/compressor-deployment?${query}` });
    expect(last?.headers['authorization']).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/lambda\/aws4_request/);
  });

  test.each([
    [
      'a refusal',
      { status: 403, body: '{"Message":"not authorized"}' },
      /answered 403: \{"Message":"not authorized"\}.*lambda:GetFunction/,
    ],
    [
      'a function that is not an image',
      { status: 200, body: '{"Code":{"Location":"https://zip"}}' },
      /returned no image/,
    ],
    ['an answer that is not JSON', { status: 200, body: '<html>' }, /returned no image/],
    ['a connection that breaks', 'reset', /did not answer/],
  ] as const)('reports %s as a transient error', async (_, answer, message) => {
    server.script(answer);
    await expect(findImage(FUNCTION)).rejects.toMatchObject({
      code: 'FUNCTION_UNREADABLE',
      retryable: true,
      message: expect.stringMatching(message),
      context: { function: FUNCTION },
    });
  });

  test('fails with the reason of an aborted signal', async () => {
    server.script('stall');
    const stop = new AbortController();
    const asked = server.requests.length;
    const finding = findImage(FUNCTION, stop.signal);
    await server.received(asked + 1);
    stop.abort(new Error('time is over'));
    await expect(finding).rejects.toThrow('time is over');
  });
});
