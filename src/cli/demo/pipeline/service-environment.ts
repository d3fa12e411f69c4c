import type { EmulatedRegion } from '../../../../local-cloud/emulated-cloud.ts';
import type { QueuePair } from '../../../../local-cloud/pipeline/queue-pair.ts';
import { LOCAL_CREDENTIALS } from '../../../../local-cloud/region-clients.ts';
import type { Timeouts } from './timeouts.ts';

/** The environment of every function and every task: region, credentials, queue and timeouts. */
export function serviceEnvironment(
  region: EmulatedRegion,
  queue: QueuePair,
  patience: Timeouts,
): Record<string, string> {
  return {
    AWS_REGION: region.name,
    AWS_ENDPOINT_URL: region.endpoint,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    QUEUE_URL: throughEndpoint(queue.url, region),
    DEAD_LETTER_QUEUE_URL: throughEndpoint(queue.deadLetters.url, region),
    AWS_MAX_ATTEMPTS: String(patience.attempts),
    MAX_RECEIVES: String(patience.maxReceives),
  };
}

/** The SDK sends requests to the host in a queue's URL, which would bypass the fault proxy. */
export function throughEndpoint(queueUrl: string, { endpoint }: EmulatedRegion): string {
  return new URL(new URL(queueUrl).pathname, endpoint).href;
}
