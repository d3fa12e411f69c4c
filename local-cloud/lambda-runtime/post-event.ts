import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EmulatorResponse } from './read-response.ts';

/**
 * POSTs an event and reads the whole response. Not with `fetch`, which waits for at most 300 s; an invocation may take
 * 900.
 */
export function postEvent(url: string, body: string, signal: AbortSignal): Promise<EmulatorResponse> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', signal, agent: false }, (response) => {
      text(response).then((answer) => {
        resolve({ status: response.statusCode ?? 0, text: answer });
      }, reject);
    })
      .once('error', reject)
      .end(body);
  });
}
