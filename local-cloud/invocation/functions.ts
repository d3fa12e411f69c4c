import * as z from 'zod';
import { EventFileError } from '../errors.ts';

/** A function of the example configuration that an event can be sent to. */
export interface InvocableFunction {
  /** Name of its bundle. */
  readonly name: FunctionName;
  readonly region: string;
  /** Logical ids from the root template down, as used by `sam local invoke` and events/env.json. */
  readonly path: string;
  /** The values in the templates. */
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

export const FUNCTION_NAMES = ['source', 'target', 'resend', 'verify', 'watermark', 'backfill', 'deployment'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export const INVOCABLE_FUNCTIONS: readonly InvocableFunction[] = [
  {
    name: 'source',
    region: 'eu-west-1',
    path: 'RuleExampleDocumentsA82747f3ed/Function',
    memoryMb: 1769,
    timeoutSeconds: 900,
  },
  { name: 'target', region: 'us-east-1', path: 'TargetUsEast1/Function', memoryMb: 1769, timeoutSeconds: 900 },
  {
    name: 'target',
    region: 'ap-southeast-2',
    path: 'TargetApSoutheast2/Function',
    memoryMb: 1769,
    timeoutSeconds: 900,
  },
  { name: 'resend', region: 'eu-west-1', path: 'SourceEuWest1/ResendFunction', memoryMb: 512, timeoutSeconds: 900 },
  // In the template if a rule has `verify`.
  { name: 'verify', region: 'eu-west-1', path: 'VerifyEuWest1/Function', memoryMb: 1769, timeoutSeconds: 900 },
  { name: 'watermark', region: 'eu-west-1', path: 'WatermarkEuWest1/Function', memoryMb: 1024, timeoutSeconds: 240 },
  // In the example with a bucket for inventories.
  { name: 'backfill', region: 'eu-west-1', path: 'BackfillEuWest1/Function', memoryMb: 1769, timeoutSeconds: 900 },
  {
    name: 'deployment',
    region: 'eu-west-1',
    path: 'RegionEuWest1/DeploymentFunction',
    memoryMb: 512,
    timeoutSeconds: 300,
  },
  {
    name: 'deployment',
    region: 'us-east-1',
    path: 'RegionUsEast1/DeploymentFunction',
    memoryMb: 512,
    timeoutSeconds: 300,
  },
  {
    name: 'deployment',
    region: 'ap-southeast-2',
    path: 'RegionApSoutheast2/DeploymentFunction',
    memoryMb: 512,
    timeoutSeconds: 300,
  },
];

const queueEvent = z.looseObject({
  Records: z.array(z.looseObject({ awsRegion: z.string(), body: z.string() })).min(1),
});
const stackEvent = z.looseObject({
  RequestType: z.string(),
  StackId: z.string().regex(/^arn:[^:]+:cloudformation:[^:]+:/),
  ResponseURL: z.url(),
  ResourceProperties: z.looseObject({}),
});

const ruleEvent = z.looseObject({ rule: z.string().min(1), execution: z.string().min(1) });
const clockEvent = z.looseObject({ 'detail-type': z.literal('Scheduled Event'), region: z.string() });
const fileEvent = z.looseObject({
  job: z.looseObject({ rule: z.string(), inventory: z.looseObject({ bucket: z.string() }) }),
  file: z.looseObject({ key: z.string() }),
});

export type QueueEvent = z.infer<typeof queueEvent>;
export type StackEvent = z.infer<typeof stackEvent>;
export type RuleEvent = z.infer<typeof ruleEvent>;
export type ClockEvent = z.infer<typeof clockEvent>;
/** A data file of an S3 Inventory, as passed by the state machine of the backfill. */
export type FileEvent = z.infer<typeof fileEvent>;

/** A function together with an event of the right form. */
export type Invocable =
  | { readonly kind: 'queue'; readonly target: InvocableFunction; readonly event: QueueEvent }
  | { readonly kind: 'stack'; readonly target: InvocableFunction; readonly event: StackEvent }
  | { readonly kind: 'rule'; readonly target: InvocableFunction; readonly event: RuleEvent }
  | { readonly kind: 'clock'; readonly target: InvocableFunction; readonly event: ClockEvent }
  | { readonly kind: 'file'; readonly target: InvocableFunction; readonly event: FileEvent };

/**
 * Finds the function of the region that an event comes from.
 * @param origin names the event in errors: its file
 * @throws EventFileError when the event does not have the form that the function expects, or is from another region
 */
export function findInvocable(name: FunctionName, event: unknown, origin: string): Invocable {
  if (name === 'deployment') {
    const request = parseEvent(stackEvent, event, origin, 'not a request of a CloudFormation custom resource');
    const target = findFunction(name, request.StackId.split(':')[3] ?? '', origin);
    return { kind: 'stack', target, event: request };
  }
  if (name === 'verify') {
    const request = parseEvent(ruleEvent, event, origin, 'not what the state machine of verifications sends');
    // It names no region; the example has one such function.
    return { kind: 'rule', target: findFunction(name, 'eu-west-1', origin), event: request };
  }
  if (name === 'watermark') {
    const tick = parseEvent(clockEvent, event, origin, 'not an event of a schedule of EventBridge');
    return { kind: 'clock', target: findFunction(name, tick.region, origin), event: tick };
  }
  if (name === 'backfill') {
    const task = parseEvent(fileEvent, event, origin, 'not a data file of an inventory');
    return { kind: 'file', target: findFunction(name, 'eu-west-1', origin), event: task };
  }
  const batch = parseEvent(queueEvent, event, origin, 'not a batch of SQS messages');
  const target = findFunction(name, batch.Records[0]?.awsRegion ?? '', origin);
  return { kind: 'queue', target, event: batch };
}

function findFunction(name: FunctionName, region: string, origin: string): InvocableFunction {
  const candidates = INVOCABLE_FUNCTIONS.filter((candidate) => candidate.name === name);
  const found = candidates.find((candidate) => candidate.region === region);
  if (found !== undefined) return found;
  const regions = candidates.map((candidate) => candidate.region).join(', ');
  throw new EventFileError(
    `${origin} is of ${region}; the example configuration has the ${name} function in ${regions}.`,
    { context: { file: origin, region } },
  );
}

function parseEvent<T>(schema: z.ZodType<T>, event: unknown, origin: string, complaint: string): T {
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new EventFileError(`${origin} is ${complaint}. ${problems}`, { context: { file: origin } });
}
