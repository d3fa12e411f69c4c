import type { SQSClient } from '@aws-sdk/client-sqs';
import { EcsFallbackService } from '../aws/ecs/fallback-service.ts';
import { SqsFallbackQueue } from '../aws/sqs/message-queue.ts';
import type { CompressorError } from '../errors.ts';
import type { FallbackQueue } from '../messages/message-queue.ts';
import { WakingFallbackQueue } from '../messages/wake-fallback.ts';

interface FallbackVariables {
  readonly FALLBACK_QUEUE_URL?: string | undefined;
  readonly FALLBACK_SERVICE?: string | undefined;
}

interface FallbackTelemetry {
  queueFailed(error: CompressorError): void;
  fallbackAsleep(error: CompressorError): void;
}

/** Where a function sends work that exceeds the limits of an invocation; undefined if there is no fallback. */
export function openFallbackQueue(
  { FALLBACK_QUEUE_URL, FALLBACK_SERVICE }: FallbackVariables,
  client: SQSClient,
  telemetry: FallbackTelemetry,
): { readonly fallback?: FallbackQueue } {
  if (FALLBACK_QUEUE_URL === undefined) return {};
  const queue = new SqsFallbackQueue({
    client,
    queueUrl: FALLBACK_QUEUE_URL,
    onFailure: (error) => {
      telemetry.queueFailed(error);
    },
  });
  if (FALLBACK_SERVICE === undefined) return { fallback: queue };
  const fallback = new WakingFallbackQueue({
    queue,
    service: new EcsFallbackService(FALLBACK_SERVICE),
    now: Date.now,
    onFailure: (error) => {
      telemetry.fallbackAsleep(error);
    },
  });
  return { fallback };
}
