import type { DeployedRule } from '../configuration/deployed-rule.ts';
import type { MetricAddress, PipelineNames, ReadingWindow, WatermarkDependencies } from './dependencies.ts';
import { type ResentArchives, readResent } from './read-resent.ts';
import type { Reading } from './reading.ts';
import type { Route, RuleRoutes } from './route.ts';

/** How far back to look for the newest reading of a metric: SQS and S3 may be some minutes late. */
const NEWEST_SECONDS = 900;
const MINUTE = 60;
const AGE = 'ApproximateAgeOfOldestMessage';
/** Visible messages, and those that are in flight or delayed until their archive is checked again. */
const MESSAGE_COUNTS = ['ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible'];

/** The newest readings of metrics that AWS publishes, read once for all rules: many metrics fit into one call. */
export interface NewestReadings {
  readonly time: number;
  readonly failureAge: Promise<readonly Reading[]>;
  /**
   * Whether the queue of failed replications has messages, including those from the third receive on, which its age
   * metric leaves out.
   */
  readonly hasFailures: Promise<boolean>;
  /** Readings of a rule's queues, in the order of `queuesOf`. */
  readonly queueAges: (rule: DeployedRule) => Promise<readonly (readonly Reading[])[]>;
  readonly latency: (route: Route) => Promise<readonly Reading[]>;
  /** Archives that were resent to the region of the route alone. */
  readonly resent: (route: Route) => Promise<ResentArchives>;
}

/** Sends the requests at once; the returned functions wait for the results. */
export function readNewest(allRoutes: readonly RuleRoutes[], dependencies: WatermarkDependencies): NewestReadings {
  const { metrics, names, now } = dependencies;
  const time = now();
  const read = (addresses: readonly MetricAddress[]): Promise<readonly (readonly Reading[])[]> => {
    const readings = metrics.readMaxima(addresses, newestOf(time));
    // Callers that need the results wait for them and get the failure; if all rules have failed already, nobody does.
    readings.catch(() => undefined);
    return readings;
  };
  const queues = [names.failuresQueue, ...allRoutes.flatMap(({ rule }) => queuesOf(rule, names))];
  const counts = MESSAGE_COUNTS.map((name) => queueMetric(names.failuresQueue, name, dependencies));
  const ages = read([...queues.map((queue) => queueMetric(queue, AGE, dependencies)), ...counts]);
  const ageOf = async (queue: string): Promise<readonly Reading[]> => (await ages)[queues.indexOf(queue)] ?? [];
  // One call per region, so that a failure in one region does not affect the others.
  const byRegion = Map.groupBy(
    allRoutes.flatMap(({ routes }) => routes),
    ({ region }) => region,
  );
  const latencies = new Map(
    Array.from(byRegion, ([region, routes]) => {
      const readings = read(routes.map((route) => latencyOf(route, dependencies)));
      return [region, { routes, readings }] as const;
    }),
  );
  const failureAge = ageOf(names.failuresQueue);
  failureAge.catch(() => undefined);
  const hasFailures = ages.then((readings) =>
    readings.slice(queues.length).some(([newestCount]) => (newestCount?.value ?? 0) > 0),
  );
  hasFailures.catch(() => undefined);
  return {
    time,
    failureAge,
    resent: readResent(allRoutes, dependencies),
    hasFailures,
    queueAges: (rule) => Promise.all(queuesOf(rule, names).map(ageOf)),
    latency: async (route) => {
      const asked = latencies.get(route.region);
      return (await asked?.readings)?.[asked?.routes.indexOf(route) ?? -1] ?? [];
    },
  };
}

/** The queues that hold objects of a rule before they are packed. */
function queuesOf({ id, sizing }: DeployedRule, names: PipelineNames): string[] {
  return [names.ruleQueue(id), ...(sizing.fallback ? [names.fallbackQueue(id)] : [])];
}

function newestOf(now: number): ReadingWindow {
  return { from: now - NEWEST_SECONDS * 1000, to: now, periodSeconds: MINUTE };
}

function queueMetric(queue: string, name: string, { region }: WatermarkDependencies): MetricAddress {
  return { region, namespace: 'AWS/SQS', name, dimensions: { QueueName: queue } };
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
