import { VCPU_MEGABYTES } from '../../adaptive/compute-price.ts';
import type { Prices } from '../../configuration/prices/prices.ts';

/** The cost of queueing with the state machine, in USD by line, before anything is packed. */
export interface EngineCost {
  readonly inventory: number;
  readonly transitions: number;
  readonly function: number;
  readonly messages: number;
}

/**
 * USD per state transition of a Standard workflow (AWS Step Functions pricing, us-east-1), and per million objects that an inventory
 * lists (us-east-1; not confirmed in AWS's own text).
 */
const TRANSITION = 0.025 / 1000;
const INVENTORY_MILLION = 0.0025;
/** The start of an execution, and the states QueueObjects, IsFinished and Count. */
const TRANSITIONS_PER_FILE = 4;
/**
 * Objects per second that one function of one vCPU queues. It takes 18 us of CPU time per object (docs/performance.md),
 * 55,000 per second; SQS accepts fewer from one sender.
 */
export const QUEUED_PER_FUNCTION = 10_000;
const MESSAGES_PER_SEND = 10;
/** USD per million objects of S3 Batch Replication, and per job (us-east-1; not confirmed in AWS's own text). */
export const BATCH_REPLICATION = { million: 1, job: 0.25 } as const;

export function engineCost(
  { objects, files }: { readonly objects: number; readonly files: number },
  { lambda_gb_second: gbSecond, lambda_request: request, sqs_request: send }: Prices,
): EngineCost {
  const gigabytes = VCPU_MEGABYTES / 1024;
  return {
    inventory: (objects / 1e6) * INVENTORY_MILLION,
    transitions: files * TRANSITIONS_PER_FILE * TRANSITION,
    function: (objects / QUEUED_PER_FUNCTION) * gigabytes * gbSecond + files * request,
    messages: (objects / MESSAGES_PER_SEND) * send,
  };
}
