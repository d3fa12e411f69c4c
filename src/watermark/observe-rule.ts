import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { resendPrefix } from '../configuration/resend-prefix.ts';
import type { KeyRange, ListedKey, WatermarkDependencies } from './dependencies.ts';
import { findUnreplicated, KEYS_PER_LIST, type RequestBudget, type UnreplicatedSearch } from './find-unreplicated.ts';
import type { NewestReadings } from './read-newest.ts';
import type { Reading } from './reading.ts';
import type { Route, RuleRoutes } from './route.ts';
import {
  type ArchiveTimes,
  ageNow,
  METRIC_DELAY_SECONDS,
  OWN_PERIOD_SECONDS,
  type RouteObservation,
  UNSEEN_SECONDS,
  type Unreplicated,
} from './stage-ages.ts';
import { writtenAt } from './written-at.ts';

/** CloudWatch keeps minutes for 15 days, and a message is kept for 14. */
const MAX_WINDOW_SECONDS = 14.5 * 24 * 3600;

export interface ObservedRoute extends Route {
  readonly outcome: PromiseSettledResult<RouteObservation>;
}

/**
 * Data that all routes of a rule share is read once; if that fails, all of them fail.
 * @param budget archives that S3 may be asked about
 */
export async function observeRule(
  { rule, routes }: RuleRoutes,
  newest: NewestReadings,
  budget: RequestBudget,
  dependencies: WatermarkDependencies,
): Promise<ObservedRoute[]> {
  const latencies = await Promise.allSettled(routes.map(newest.latency));
  const known = latencies.flatMap((latency) => (latency.status === 'fulfilled' ? [latency.value] : []));
  const shared = observeDeparture(rule, known, newest, budget, dependencies);
  const observations = routes.map(async (route, index): Promise<RouteObservation> => {
    const { region } = route;
    const latency = latencies[index];
    if (latency?.status === 'rejected') throw latency.reason;
    const range = { region, bucket: dependencies.names.inboundBucket(region), prefix: `${rule.id}/` };
    const [ruleRoutes, resent, arrived] = await Promise.all([
      shared,
      observeResent(route, newest, budget, dependencies),
      oldestObject(range, dependencies),
    ]);
    return {
      ...ruleRoutes,
      outbound: [...ruleRoutes.outbound, ...resent.outbound],
      unreplicated: earlierOf(ruleRoutes.unreplicated, resent.unreplicated),
      replicationLatency: latency?.value ?? [],
      oldestArrived: earlier(arrived, resent.oldestArrived),
      oldestFailed: earlier(ruleRoutes.oldestFailed, resent.oldestFailed),
    };
  });
  const outcomes = await Promise.allSettled([shared, ...observations]);
  return routes.map((route, index) => ({
    ...route,
    outcome: outcomes[index + 1] as PromiseSettledResult<RouteObservation>,
  }));
}

/**
 * Archives that were resent to the route's region alone. S3 is asked about them as about all others; usually there are
 * none.
 */
async function observeResent(
  route: Route,
  newest: NewestReadings,
  budget: RequestBudget,
  dependencies: WatermarkDependencies,
) {
  const { rule, region } = route;
  const { outbound: listed, ...others } = await newest.resent(route);
  const { names, watched } = dependencies;
  const prefix = `${resendPrefix(region)}${rule.id}/`;
  const range = { region: dependencies.region, bucket: names.outboundBucket, prefix };
  const outbound = listed.map((key): ArchiveTimes => putArchive(key, prefix));
  const isAsked = listed.length > 0 || (watched.of(prefix) ?? []).length > 0;
  const search = { rule, range, listed, hasFailures: await newest.hasFailures, budget, now: newest.time };
  const unreplicated = isAsked ? await findUnreplicated(search, dependencies) : NONE;
  return { ...others, outbound, unreplicated };
}

const NONE: Unreplicated = { oldestPending: undefined, oldestStuck: undefined };

function putArchive(key: ListedKey, prefix: string): ArchiveTimes {
  return { written: writtenAt(key, prefix), put: key.lastModified };
}

function earlierOf(one: Unreplicated, other: Unreplicated): Unreplicated {
  return {
    oldestPending: earlier(one.oldestPending, other.oldestPending),
    oldestStuck: earlier(one.oldestStuck, other.oldestStuck),
  };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

type DepartureObservation = Omit<RouteObservation, 'replicationLatency' | 'oldestArrived'>;

/** @param latencies of all known regions: readings up to the age of the oldest may be needed */
async function observeDeparture(
  rule: DeployedRule,
  latencies: readonly (readonly Reading[])[],
  { time, failureAge: failures, hasFailures: failuresHeld, queueAges: queues }: NewestReadings,
  budget: RequestBudget,
  dependencies: WatermarkDependencies,
): Promise<DepartureObservation> {
  const { names, region } = dependencies;
  const [failureAge, hasFailures, queueAges] = await Promise.all([failures, failuresHeld, queues(rule)]);
  const oldest = Math.max(...[...queueAges, failureAge, ...latencies].map((readings) => ageNow(readings, time)));
  const kept = { region, bucket: names.failedBucket, prefix: `${names.failedPrefix}${rule.id}/` };
  const [own, archives, oldestFailed] = await Promise.all([
    readOwnAges(rule, oldest, time, dependencies),
    observeArchives({ rule, hasFailures, budget, now: time }, dependencies),
    oldestObject(kept, dependencies),
  ]);
  return { now: time, queueAges, failureAge, ...own, ...archives, oldestFailed };
}

type OwnAges = Pick<RouteObservation, 'packingDelays' | 'deferredAges' | 'fallbackAges' | 'retriedAges'>;

/**
 * Reports of functions and tasks at the source. Each metric costs money with every read, so only those that can matter
 * are read.
 */
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
    { from: now - Math.min(window, MAX_WINDOW_SECONDS) * 1000, to: now, periodSeconds: OWN_PERIOD_SECONDS },
  );
  const found = Object.fromEntries(Object.keys(wanted).map((key, index) => [key, readings[index] ?? []]));
  return { packingDelays: [], deferredAges: [], fallbackAges: [], retriedAges: [], ...found };
}

/** Keys of archives begin with the time of their oldest object, so only the first one has to be read. */
async function oldestObject(range: KeyRange, { keys }: WatermarkDependencies): Promise<number | undefined> {
  const [first] = await keys.firstKeys(range, 1);
  return first && writtenAt(first, range.prefix);
}

/**
 * Archives that were kept for days and are resent come first, before everything that S3 has replicated since yesterday.
 */
async function observeArchives(
  search: Pick<UnreplicatedSearch, 'rule' | 'hasFailures' | 'budget' | 'now'>,
  dependencies: WatermarkDependencies,
): Promise<{ readonly outbound: readonly ArchiveTimes[]; readonly unreplicated: Unreplicated }> {
  const { region, names, keys } = dependencies;
  const range = { region, bucket: names.outboundBucket, prefix: `${search.rule.id}/` };
  const listed = await keys.firstKeys(range, KEYS_PER_LIST);
  return {
    outbound: listed.map((key) => putArchive(key, range.prefix)),
    unreplicated: await findUnreplicated({ ...search, range, listed }, dependencies),
  };
}
