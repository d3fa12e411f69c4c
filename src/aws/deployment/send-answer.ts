import { request } from 'undici';
import type { SendAnswer } from '../../deployment/deliver-answer.ts';

/** Puts an answer to a URL that CloudFormation signed: without a content type, which is part of the signature. */
export const sendAnswer: SendAnswer = async (url, text, timeout) => {
  const signal = AbortSignal.timeout(timeout);
  const { statusCode, body } = await request(url, { method: 'PUT', body: Buffer.from(text), signal });
  await body.dump();
  return statusCode;
};
