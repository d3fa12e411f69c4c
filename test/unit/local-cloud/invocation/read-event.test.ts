import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findInvocable } from '../../../../local-cloud/invocation/functions.ts';
import { readEvent } from '../../../../local-cloud/invocation/read-event.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function eventFile(text: string): Promise<string> {
  const file = join(folder, 'event.json');
  await writeFile(file, text);
  return file;
}

describe('readEvent', () => {
  test('reads JSON', async () => {
    await expect(readEvent(await eventFile('{"a":1}'))).resolves.toEqual({ a: 1 });
  });

  test.each([
    ['a missing file', () => Promise.resolve('/no/such/file.json'), /cannot be read.*ENOENT/],
    ['invalid JSON', () => eventFile('{"a"'), /is not JSON/],
    ['more than Lambda accepts', () => eventFile(JSON.stringify('x'.repeat(6 * 1024 * 1024))), /has 6291458 bytes/],
  ])('refuses %s', async (_, makeFile, message) => {
    await expect(readEvent(await makeFile())).rejects.toMatchObject({
      code: 'EVENT_FILE_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('findInvocable', () => {
  const batch = { Records: [{ awsRegion: 'eu-west-1', body: '{}' }] };

  test('refuses an event of another shape, and says what is wrong with it', () => {
    expect(() => findInvocable('deployment', batch, 'batch.json')).toThrow(
      /batch.json is not a request of a CloudFormation custom resource. RequestType: /,
    );
    expect(() => findInvocable('source', { Records: [] }, 'empty.json')).toThrow(
      /empty.json is not a batch of SQS messages/,
    );
  });

  test('refuses an event from a region without such a function', () => {
    expect(() => findInvocable('target', batch, 'batch.json')).toThrow(
      'batch.json is of eu-west-1; the example configuration has the target function in us-east-1, ap-southeast-2.',
    );
  });
});
