import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sendResponse } from '../../src/aws/deployment/send-response.ts';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

let server: RecordingServer;

beforeEach(async () => {
  server = await startRecordingServer();
});

afterEach(() => server.stop());

test('PUTs the bytes of a response to the unchanged URL, without a content type', async () => {
  server.script({ status: 200 });
  expect(await sendResponse(`${server.endpoint}/stack%2Fone?X-Amz-Signature=a%2Bb`, '{"Status":"ü"}', 5000)).toBe(200);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'PUT', url: '/stack%2Fone?X-Amz-Signature=a%2Bb' });
  expect(request?.headers['content-type']).toBeUndefined();
  expect(request?.headers['content-length']).toBe('15');
  expect(request?.body.toString()).toBe('{"Status":"ü"}');
});

test('returns other responses, and does not follow redirects', async () => {
  server.script({ status: 307, headers: { location: `${server.endpoint}/elsewhere` } }, { status: 403 });
  expect(await sendResponse(`${server.endpoint}/a`, '{}', 5000)).toBe(307);
  expect(await sendResponse(`${server.endpoint}/a`, '{}', 5000)).toBe(403);
  expect(server.requests.map(({ url }) => url)).toEqual(['/a', '/a']);
});

test('gives up after its timeout', async () => {
  server.script('stall');
  await expect(sendResponse(`${server.endpoint}/a`, '{}', 50)).rejects.toThrow('timeout');
});
