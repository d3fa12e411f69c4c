import { parseKeyTime } from '../archive/key-time.ts';
import { resendPrefix } from '../configuration/resend-prefix.ts';
import type { KeyRange, ListedKey, WatermarkDependencies } from './dependencies.ts';
import { KEYS_PER_LIST } from './find-unreplicated.ts';
import type { Route, RuleRoutes } from './route.ts';

/** Archives that were resent to the region of a route alone: their keys do not begin with the rule's id. */
export interface ResentArchives {
  readonly outbound: readonly ListedKey[];
  /** When the oldest object was written, in milliseconds since 1970, of those that wait to be restored, and of those that were given up. */
  readonly oldestArrived: number | undefined;
  readonly oldestFailed: number | undefined;
}

const NONE: ResentArchives = { outbound: [], oldestArrived: undefined, oldestFailed: undefined };

type Lister = (route: Route) => Promise<readonly ListedKey[]>;

/**
 * Sends the requests at once: three lists for each region of rules with several regions, regardless of the number of
 * rules, since there are hardly any such archives.
 * @returns the archives of a route
 */
export function readResent(
  allRoutes: readonly RuleRoutes[],
  { region: home, names, keys }: Pick<WatermarkDependencies, 'region' | 'names' | 'keys'>,
): (route: Route) => Promise<ResentArchives> {
  const several = allRoutes.filter(({ routes }) => routes.length > 1).flatMap(({ routes }) => routes);
  const regions = new Map(
    [...new Set(several.map(({ region }) => region))].map((region) => {
      const prefix = resendPrefix(region);
      const outbound = listByRule({ region: home, bucket: names.outboundBucket, prefix }, keys);
      const inbound = listByRule({ region, bucket: names.inboundBucket(region), prefix }, keys);
      const kept = { region: home, bucket: names.failedBucket, prefix: `${names.failedPrefix}${prefix}` };
      return [region, { outbound, inbound, failed: listByRule(kept, keys) }] as const;
    }),
  );
  return async (route) => {
    const lists = regions.get(route.region);
    if (lists === undefined || !several.includes(route)) return NONE;
    const [outbound, inbound, failed] = await Promise.all([
      lists.outbound(route),
      lists.inbound(route),
      lists.failed(route),
    ]);
    return {
      outbound,
      oldestArrived: oldest(inbound),
      oldestFailed: oldest(failed),
    };
  };
}

/** One list for all rules, unless there are more keys than a list holds. */
function listByRule(range: KeyRange, keys: WatermarkDependencies['keys']): Lister {
  const listing = keys.firstKeys(range, KEYS_PER_LIST);
  // Callers that need it wait for it and get the failure.
  listing.catch(() => undefined);
  return async ({ rule }) => {
    const prefix = `${range.prefix}${rule.id}/`;
    const listed = await listing;
    if (listed.length === KEYS_PER_LIST) return keys.firstKeys({ ...range, prefix }, KEYS_PER_LIST);
    return listed.filter(({ key }) => key.startsWith(prefix));
  };
}

function oldest(archives: readonly ListedKey[]): number | undefined {
  return archives.length === 0 ? undefined : Math.min(...archives.map(resentAt));
}

/** Names of archives begin with the time of their oldest object. */
function resentAt({ key, lastModified }: ListedKey): number {
  return parseKeyTime(key.slice(key.lastIndexOf('/') + 1)) ?? lastModified;
}
