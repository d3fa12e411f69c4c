import type { CompressorError } from '../errors.ts';
import { InvalidResourceError } from './errors.ts';
import type { Attributes } from './resources.ts';
import type { ResponseAddress } from './stack-request.ts';

/** CloudFormation's size limit for a response (CloudFormation user guide, "Custom resource response objects"). */
const MAX_ANSWER_BYTES = 4096;

/** @throws InvalidResourceError when the attributes do not fit into a response */
export function writeSuccess(address: ResponseAddress, physicalId: string, attributes: Attributes): string {
  const answer = serialize(address, { Status: 'SUCCESS', PhysicalResourceId: physicalId, Data: attributes });
  if (Buffer.byteLength(answer) <= MAX_ANSWER_BYTES) return answer;
  throw new InvalidResourceError(
    `The attributes of ${address.LogicalResourceId} exceed CloudFormation's limit of ${MAX_ANSWER_BYTES} bytes. Name fewer regions.`,
    { context: { resource: address.LogicalResourceId } },
  );
}

/**
 * The operator sees the reason in the console and in `sam deploy`: our message, shortened if necessary, and the name of
 * the log.
 */
export function writeFailure(
  address: ResponseAddress,
  physicalId: string,
  error: CompressorError,
  logStream: string,
): string {
  const ending = ` [${error.code}; log stream ${logStream}]`;
  const write = (message: string): string =>
    serialize(address, { Status: 'FAILED', PhysicalResourceId: physicalId, Reason: message + ending });
  let answer = write(error.message);
  for (let length = error.message.length; Buffer.byteLength(answer) > MAX_ANSWER_BYTES && length > 0; ) {
    length = Math.floor(length * 0.95);
    answer = write(`${error.message.slice(0, length).toWellFormed()} ... (truncated; see the log)`);
  }
  return answer;
}

function serialize({ StackId, RequestId, LogicalResourceId }: ResponseAddress, rest: Record<string, unknown>): string {
  return JSON.stringify({ StackId, RequestId, LogicalResourceId, ...rest });
}
