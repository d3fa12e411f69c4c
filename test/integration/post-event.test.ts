import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { postEvent } from '../../local-cloud/lambda-runtime/post-event.ts';

/** Posts `event` to a server that answers as told. */
async function post(answer: RequestListener, signal = new AbortController().signal) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await postEvent(`http://127.0.0.1:${(server.address() as AddressInfo).port}/invoke`, 'event', signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an event is posted as it is, and the status and text of the response are returned', async () => {
  const answered = post((request, response) => {
    void text(request).then((body) => response.writeHead(502).end(`${request.method} ${request.url} ${body} é`));
  });
  expect(await answered).toEqual({ status: 502, text: 'POST /invoke event é' });
});

test('a response that ends too early is an error', async () => {
  const answered = post((_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('half', () => response.destroy());
  });
  await expect(answered).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('waiting for a response ends when it is aborted', async () => {
  const stop = new AbortController();
  const answered = post(() => {
    stop.abort();
  }, stop.signal);
  await expect(answered).rejects.toMatchObject({ name: 'AbortError' });
});
