import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { S3CheckpointObject } from '../../src/aws/s3/checkpoint-object.ts';

/** One object with S3's conditions, on a connection that can lose answers on demand. */
let stored: Buffer | undefined;
let answersToLose = 0;
let server: Server;
let client: S3Client;

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

beforeEach(async () => {
  stored = undefined;
  answersToLose = 0;
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const etag = stored === undefined ? undefined : etagOf(stored);
      if (request.method === 'GET') {
        if (stored === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
        else response.writeHead(200, { etag }).end(stored);
        return;
      }
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
      if ((ifMatch !== undefined && ifMatch !== etag) || (ifNoneMatch === '*' && stored !== undefined)) {
        response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        return;
      }
      stored = body;
      answersToLose -= 1;
      if (answersToLose >= 0) request.socket.destroy();
      else response.writeHead(200, { etag: etagOf(body) }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const open = (): S3CheckpointObject => new S3CheckpointObject(client, 'progress', 'rule/backfill.json');

test('when two executions have loaded the same state, the second to save is refused, now and later', async () => {
  const [first, second] = [open(), open()];
  expect([await first.load(), await second.load()]).toEqual([undefined, undefined]);
  await first.save('one');
  await first.save('two');
  await expect(second.save('mine')).rejects.toMatchObject({ code: 'CHECKPOINT_HELD' });
  await expect(second.save('mine')).rejects.toMatchObject({ code: 'CHECKPOINT_HELD' });
  expect(stored?.toString()).toBe('two');
  const third = open();
  expect(await third.load()).toBe('two');
  await third.save('three');
  await expect(first.save('late')).rejects.toMatchObject({ code: 'CHECKPOINT_HELD' });
});

test('a save whose response was lost is not mistaken for that of another execution', async () => {
  const checkpoint = open();
  await checkpoint.load();
  answersToLose = 1;
  await checkpoint.save('one');
  answersToLose = 1;
  await checkpoint.save('two');
  await checkpoint.save('three');
  expect(stored?.toString()).toBe('three');
});

test('a save without a preceding load has no condition', async () => {
  stored = Buffer.from('of an earlier execution');
  await open().save('list of files');
  expect(stored.toString()).toBe('list of files');
});
