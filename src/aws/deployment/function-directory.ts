import * as z from 'zod';
import { UnreadableFunctionError } from '../../deployment/errors.ts';
import type { FunctionDirectory } from '../../deployment/ports.ts';
import { tryParseJson } from '../../json.ts';
import { LAMBDA, RequestSigner, type SigningCredentials } from '../s3/sign-request.ts';

/** The fields of `GetFunction` that we read. */
const answerSchema = z.object({ Code: z.object({ ResolvedImageUri: z.string().min(1) }) });

export interface FunctionDirectoryOptions {
  readonly credentials: () => Promise<SigningCredentials>;
  /** Address without a path; absent: that of Lambda in the function's region. */
  readonly endpoint?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Asks Lambda about functions. One call per deployment does not justify a client of the SDK; it is signed like the
 * calls to S3.
 */
export class LambdaFunctionDirectory implements FunctionDirectory {
  readonly #options: FunctionDirectoryOptions;

  constructor(options: FunctionDirectoryOptions) {
    this.#options = options;
  }

  async findImage(functionArn: string, signal: AbortSignal): Promise<string> {
    const { status, text } = await this.#getFunction(functionArn, signal);
    if (status !== 200) {
      throw unreadable(functionArn, `Lambda answered ${status}: ${text}. Allow lambda:GetFunction on the function`);
    }
    const answer = answerSchema.safeParse(tryParseJson(text));
    if (!answer.success)
      throw unreadable(functionArn, 'Lambda returned no image. The function must be deployed as an image');
    return answer.data.Code.ResolvedImageUri;
  }

  async #getFunction(functionArn: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const [, partition, , region = '', , , name = '', qualifier = '$LATEST'] = functionArn.split(':');
    const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    const { endpoint = `https://lambda.${region}.${suffix}`, credentials, now = Date.now } = this.#options;
    const path = `/2015-03-31/functions/${name}`;
    const query = `Qualifier=${encodeURIComponent(qualifier)}`;
    const call = { method: 'GET', host: new URL(endpoint).host, path, query, headers: [] };
    try {
      const signed = new RequestSigner(region, LAMBDA).sign(call, await credentials(), now());
      const answer = await fetch(`${endpoint}${path}?${query}`, {
        headers: pairsOf(signed),
        redirect: 'manual',
        signal,
      });
      return { status: answer.status, text: await answer.text() };
    } catch (thrown) {
      signal.throwIfAborted();
      throw unreadable(functionArn, `Lambda did not answer: ${describe(thrown)}`, thrown);
    }
  }
}

/** Turns the alternating names and values of `sign` into pairs. */
function pairsOf(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [],
  );
}

/** `fetch` says only that it failed; the cause says why. */
function describe(thrown: unknown): string {
  const { cause = thrown } = thrown instanceof Error ? thrown : {};
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

function unreadable(functionArn: string, said: string, cause?: unknown): UnreadableFunctionError {
  const details = { context: { function: functionArn }, ...(cause === undefined ? {} : { cause }) };
  return new UnreadableFunctionError(`The image of the function ${functionArn} cannot be looked up. ${said}.`, details);
}
