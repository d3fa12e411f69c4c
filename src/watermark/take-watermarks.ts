import { parseKeyTime } from '../archive/key-time.ts';
import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import type { KeyRange, ListedKey, MetricAddress, ReadingWindow, WatermarkDependencies } from './dependencies.ts';
import { WatermarkUnknownError } from './errors.ts';
import type { Reading } from './reading.ts';
import {
  ageNow,
  METRIC_DELAY_SECONDS,
  OWN_PERIOD_SECONDS,
  oldestAge,
  type PutArchive,
  type RouteObservation,
  stageAges,
  UNSEEN_SECONDS,
} from './stage-ages.ts';

/** How far back the newest reading of a metric is looked for: SQS and S3 may be some minutes late. */
const NEWEST_SECONDS = 900;
const MINUTE = 60;
/** What S3 lists in one call. */
const KEYS_A_LIST = 1000;
/** CloudWatch keeps minutes for 15 days, and a message is kept for 14. */
const LONGEST_WINDOW_SECONDS = 14.5 * 24 * 3600;

/** One rule's way to one region. */
interface Route {
  readonly rule: DeployedRule;
  readonly region: string;
}

/**
 * Tells of each rule and target region how old the oldest object is that is not restored there. docs/operations.md says
 * what the number means and how far it can be off.
 * @throws WatermarkUnknownError when it could not be taken for some of them; the others were told
 */
export async function takeWatermarks(dependencies: WatermarkDependencies): Promise<void> {
  const routes = dependencies.rules.flatMap((rule) =>
    [...new Set(rule.destinations.map(({ region }) => region))].map((region) => ({ rule, region })),
  );
  const [failureAge = []] = await dependencies.metrics.readMaxima(
    [queueAge(dependencies.names.failuresQueue, dependencies)],
    newestOf(dependencies.now()),
  );
  const errors: CompressorError[] = [];
  // One after the other: a handful of calls each, every five minutes, and no burst that CloudWatch would throttle.
  for (const route of routes) {
    const { rule, region } = route;
    try {
      const stages = stageAges(await observeRoute(route, failureAge, dependencies));
      dependencies.telemetry.watermarkTaken(rule, region, oldestAge(stages), stages);
    } catch (thrown) {
      const error = asCompressorError(thrown);
      errors.push(error);
      dependencies.telemetry.watermarkUnknown(rule, region, error);
    }
  }
  if (errors.length === 0) return;
  throw new WatermarkUnknownError(
    `The watermarks of ${errors.length} of ${routes.length} ways are not known. ${errors[0]?.message ?? ''}`,
    { cause: errors[0], context: { unknown: errors.length, routes: routes.length } },
  );
}

async function observeRoute(
  route: Route,
  failureAge: readonly Reading[],
  dependencies: WatermarkDependencies,
): Promise<RouteObservation> {
  const { rule, region } = route;
  const { names, metrics, now } = dependencies;
  const queues = [names.ruleQueue(rule.id), ...(rule.sizing.fallback ? [names.fallbackQueue(rule.id)] : [])];
  const time = now();
  const queueAges = await metrics.readMaxima(
    queues.map((queue) => queueAge(queue, dependencies)),
    newestOf(time),
  );
  const [replicationLatency = []] = await metrics.readMaxima([latencyOf(route, dependencies)], newestOf(time));
  const oldest = Math.max(...[...queueAges, failureAge, replicationLatency].map((readings) => ageNow(readings, time)));
  const own = await readOwnAges(rule, oldest, time, dependencies);
  return {
    now: time,
    queueAges,
    replicationLatency,
    failureAge,
    ...own,
    outbound: await putArchives(rule, dependencies),
    oldestArrived: await oldestObject(
      { region, bucket: names.inboundBucket(region), prefix: `${rule.id}/` },
      dependencies,
    ),
    oldestFailed: await oldestObject(
      { region: dependencies.region, bucket: names.failedBucket, prefix: `${names.failedPrefix}${rule.id}/` },
      dependencies,
    ),
  };
}

function newestOf(now: number): ReadingWindow {
  return { from: now - NEWEST_SECONDS * 1000, to: now, periodSeconds: MINUTE };
}

type OwnAges = Pick<RouteObservation, 'packingDelays' | 'deferredAges' | 'fallbackAges' | 'retriedAges'>;

/** What functions and tasks at the source have told. Each metric costs with every reading: only what can matter is asked for. */
async function readOwnAges(
  rule: DeployedRule,
  ageSeconds: number,
  now: number,
  { metrics, names, region }: WatermarkDependencies,
): Promise<OwnAges> {
  const wanted = {
    packingDelays: 'PackingDelaySeconds',
    retriedAges: 'RetriedAgeSeconds',
    ...(rule.sizing.fallback ? { fallbackAges: 'FallbackAgeSeconds' } : {}),
    ...(ageSeconds > 0 ? { deferredAges: 'DeferredAgeSeconds' } : {}),
  };
  const dimensions = { ...ruleDimensions(rule) };
  const window = Math.max(ageSeconds + METRIC_DELAY_SECONDS + OWN_PERIOD_SECONDS, UNSEEN_SECONDS);
  const readings = await metrics.readMaxima(
    Object.values(wanted).map((name) => ({ region, namespace: names.namespace, name, dimensions })),
    { from: now - Math.min(window, LONGEST_WINDOW_SECONDS) * 1000, to: now, periodSeconds: OWN_PERIOD_SECONDS },
  );
  const found = Object.fromEntries(Object.keys(wanted).map((key, index) => [key, readings[index] ?? []]));
  return { packingDelays: [], deferredAges: [], fallbackAges: [], retriedAges: [], ...found };
}

/** Keys of archives begin with the time of their oldest object, so the first one is all there is to look at. */
async function oldestObject(range: KeyRange, { keys }: WatermarkDependencies): Promise<number | undefined> {
  const [first] = await keys.firstKeys(range, 1);
  return first && writtenAt(first, range);
}

/** What was kept for days and is sent again comes first, before all that S3 has replicated since yesterday. */
async function putArchives(
  rule: DeployedRule,
  { region, names, keys }: WatermarkDependencies,
): Promise<readonly PutArchive[]> {
  const range = { region, bucket: names.outboundBucket, prefix: `${rule.id}/` };
  const listed = await keys.firstKeys(range, KEYS_A_LIST);
  return listed.map((key) => ({ written: writtenAt(key, range), put: key.lastModified }));
}

function writtenAt({ key, lastModified }: ListedKey, { prefix }: KeyRange): number {
  return parseKeyTime(key.slice(prefix.length)) ?? lastModified;
}

function queueAge(queue: string, { region }: WatermarkDependencies): MetricAddress {
  return { region, namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimensions: { QueueName: queue } };
}

/** S3 publishes it in the region of the destination (S3 user guide, "Using S3 Replication metrics"). */
function latencyOf({ rule, region }: Route, { names }: WatermarkDependencies): MetricAddress {
  return {
    region,
    namespace: 'AWS/S3',
    name: 'ReplicationLatency',
    dimensions: {
      SourceBucket: names.outboundBucket,
      DestinationBucket: names.inboundBucket(region),
      RuleId: `${rule.id}-${region}`,
    },
  };
}
