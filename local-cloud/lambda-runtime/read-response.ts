import * as z from 'zod';
import type { CompressorError } from '../../src/errors.ts';
import { FunctionCrashedError, FunctionInitError, FunctionThrewError, FunctionTimedOutError } from '../errors.ts';

/** The emulator's HTTP response. */
export interface EmulatorResponse {
  readonly status: number;
  readonly text: string;
}

export type FunctionResponse =
  | { readonly kind: 'answered'; readonly response: unknown }
  | { readonly kind: 'failed'; readonly error: CompressorError };

/**
 * The interface client's report of an error that a handler threw. A handler that returns such an object is treated as
 * if it had thrown.
 */
const thrown = z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()) });
/** How the emulator reports the end of the process. */
const ended = z.object({ errorType: z.literal('Runtime.ExitError'), errorMessage: z.string() });

const BAD_GATEWAY = 502;

/**
 * Distinguishes a function's response from its failures. The emulator returns 200 for a response, for an error of the
 * handler and for a timeout, so the text decides; 502 means that the process could not start or has ended.
 */
export function readResponse({ status, text }: EmulatorResponse, functionName: string): FunctionResponse {
  if (/^Task timed out after [\d.]+ seconds$/.test(text)) {
    return failed(new FunctionTimedOutError(`${functionName}: ${text}`));
  }
  const value = answerOf(text);
  const error = thrown.safeParse(value).data;
  if (status === BAD_GATEWAY) {
    if (error === undefined) return failed(new FunctionCrashedError(describeEnd(functionName, value)));
    const message = `${functionName} could not be initialized: ${error.errorType}: ${error.errorMessage}`;
    return failed(new FunctionInitError(message, { context: { trace: error.trace.join('\n') } }));
  }
  if (error !== undefined) {
    const message = `${functionName} threw ${error.errorType}: ${error.errorMessage}`;
    return failed(new FunctionThrewError(message, { context: { trace: error.trace.join('\n') } }));
  }
  if (status === 200) return { kind: 'answered', response: value };
  return failed(new FunctionCrashedError(`The emulator of ${functionName} answered ${status}: ${text}`));
}

function failed(error: CompressorError): FunctionResponse {
  return { kind: 'failed', error };
}

function describeEnd(functionName: string, value: unknown): string {
  const reason = ended.safeParse(value).data?.errorMessage.replace(/^RequestId: \S+ Error: /, '');
  return `The process of ${functionName} ended in the middle of an invocation${reason === undefined ? '' : `: ${reason}`}`;
}

/** Text that is not JSON is also a response: the emulator passes on any output of the function. */
function answerOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
