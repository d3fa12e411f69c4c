import { asCompressorError } from '../errors.ts';
import { DELIVERY_RESERVE, deliverResponse, type SendResponse } from './deliver-response.ts';
import type { LastingDependencies } from './dependencies.ts';
import { DeploymentTimeError } from './errors.ts';
import type { DeploymentLog } from './ports.ts';
import { type Attributes, findResource } from './resources.ts';
import type { Waiting } from './retry-patiently.ts';
import { parseResponseAddress, parseStackRequest, type ResponseAddress } from './stack-request.ts';
import { writeFailure, writeSuccess } from './write-response.ts';

/** What responding requires; creating these must not be able to fail. */
export interface ResponseDependencies {
  readonly send: SendResponse;
  readonly waiting: Waiting;
  readonly log: DeploymentLog;
}

/** One invocation of the function. */
export interface Invocation {
  readonly event: unknown;
  /** Milliseconds until Lambda ends it. */
  readonly remainingMilliseconds: number;
  readonly logStream: string;
}

/** Milliseconds for a last attempt before the time for the work ends. */
const LAST_ATTEMPT = 5_000;

/**
 * Serves a request from CloudFormation and answers it whatever happens: success, refusal, bad properties, a bug, or too
 * little time. Serving a request again is harmless, which Lambda does when this throws.
 *
 * @param prepare creates the dependencies of the resources; its errors are answered like any other failure
 * @throws InvalidResourceError when the event has no URL for the response, UndeliveredAnswerError
 */
export async function handleStackRequest(
  { event, remainingMilliseconds, logStream }: Invocation,
  prepare: () => Promise<LastingDependencies>,
  { send, waiting, log }: ResponseDependencies,
): Promise<void> {
  const address = parseResponseAddress(event);
  // The same in every response about one resource: the id that CloudFormation has, or that follows from the properties.
  let physicalId = address.LogicalResourceId;
  let answer: string;
  try {
    const request = parseStackRequest(event);
    if (request.RequestType !== 'Create') physicalId = request.PhysicalResourceId;
    const resource = findResource(request);
    if (request.RequestType !== 'Delete') physicalId = resource.identify(request) ?? physicalId;
    const retryWindow = {
      ...waiting,
      deadline: waiting.now() + remainingMilliseconds - DELIVERY_RESERVE - LAST_ATTEMPT,
    };
    const work = async (signal: AbortSignal): Promise<Attributes> =>
      resource.serve(request, { dependencies: { ...(await prepare()), patience: retryWindow }, signal });
    const attributes = await finishWithin(remainingMilliseconds - DELIVERY_RESERVE, address, work);
    const { RequestType, ResourceType, LogicalResourceId } = request;
    log.info('Resource served', { resource: LogicalResourceId, type: ResourceType, request: RequestType });
    answer = writeSuccess(address, physicalId, attributes);
  } catch (thrown) {
    const error = asCompressorError(thrown);
    log.logFailure('The resource failed', error, { resource: address.LogicalResourceId });
    answer = writeFailure(address, physicalId, error, logStream);
  }
  await deliverResponse(address.ResponseURL, answer, send, waiting);
}

/**
 * Settles with the work, or with DeploymentTimeError after the milliseconds; then `signal` stops the rest of the work.
 */
async function finishWithin<T>(
  milliseconds: number,
  { LogicalResourceId }: ResponseAddress,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: timeUp, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DeploymentTimeError(
      `${LogicalResourceId} was not finished when the function ran out of time. Deploy again; if this repeats, look for slow ` +
        'or failing calls in the log, and raise the timeout of the deployment function.',
      { context: { resource: LogicalResourceId, milliseconds } },
    );
    controller.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work(controller.signal), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
