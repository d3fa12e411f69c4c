import type { SendResponse } from '../../deployment/deliver-response.ts';

/** Puts a response to a URL that CloudFormation signed: without a content type, which is part of the signature. */
export const sendResponse: SendResponse = async (url, text, timeout) => {
  const signal = AbortSignal.timeout(timeout);
  // Bytes, because `fetch` adds a content type to a string.
  const answer = await fetch(url, { method: 'PUT', body: Buffer.from(text), redirect: 'manual', signal });
  await answer.arrayBuffer();
  return answer.status;
};
