import { UndeliveredAnswerError } from './errors.ts';
import type { Waiting } from './retry-patiently.ts';

/**
 * Puts the text to the URL and resolves to the HTTP status; rejects if there is no response within `timeout` ms. The
 * URL is signed, so the request must not have a content type.
 */
export type SendResponse = (url: string, text: string, timeout: number) => Promise<number>;

const ATTEMPTS = 4;
const ATTEMPT_TIMEOUT = 2500;
const FIRST_DELAY = 250;

/** Max milliseconds of all attempts together; this much of the function's time must remain when the delivery starts. */
export const DELIVERY_RESERVE = 15_000;

/**
 * Delivers a response. Without one, CloudFormation waits until the resource's ServiceTimeout, an hour by default.
 * @throws UndeliveredAnswerError
 */
export async function deliverResponse(url: string, text: string, send: SendResponse, waiting: Waiting): Promise<void> {
  const { signal } = new AbortController();
  let outcome: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await waiting.sleep(FIRST_DELAY * 2 ** (attempt - 2) * (0.5 + waiting.random() / 2), signal);
    try {
      const status = await send(url, text, ATTEMPT_TIMEOUT);
      if (status < 300) return;
      outcome = `HTTP status ${status}`;
    } catch (thrown) {
      outcome = thrown;
    }
  }
  // The error does not contain the URL: anyone who has it can respond in our place.
  throw new UndeliveredAnswerError(
    `CloudFormation's response URL did not accept the response in ${ATTEMPTS} attempts. Last error: ${String(outcome)}. The resource will ` +
      'time out unless the next invocation delivers it.',
    { context: { attempts: ATTEMPTS }, cause: outcome },
  );
}
