import pLimit from 'p-limit';
import { formatKeyTime } from '../archive/key-time.ts';
import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { chooseArchives, DUE_SECONDS, RECENT_SECONDS } from './choose-archives.ts';
import type { KeyRange, ListedKey, WatermarkDependencies } from './dependencies.ts';
import type { ReplicationStatus } from './replication-status.ts';
import type { Unreplicated } from './stage-ages.ts';
import type { WatchedArchive } from './watched-archives.ts';
import { writtenAt } from './written-at.ts';

/** Max keys that S3 lists in one call. */
export const KEYS_PER_LIST = 1000;
/** Per rule: eight concurrent rules then need no more sockets than a client has. */
const MAX_CONCURRENT_REQUESTS = 6;
const RECENT_KEYS = 100;

/** How many archives of a rule S3 may be asked about. */
export interface RequestBudget {
  /** If one is known that is not replicated. */
  readonly whenFailed: number;
  /** If the process knows nothing about the rule yet. */
  readonly whenNew: number;
}

export interface UnreplicatedSearch {
  readonly rule: DeployedRule;
  /** The rule's keys in the outbound bucket, or those of archives that were resent to one region. */
  readonly range: KeyRange;
  /** The first keys of the range: all of them, or `KEYS_PER_LIST`. */
  readonly listed: readonly ListedKey[];
  /** Whether the queue of failed replications has messages: then an archive may have failed that was not resent yet. */
  readonly hasFailures: boolean;
  readonly budget: RequestBudget;
  readonly now: number;
}

interface Answer {
  readonly archive: ListedKey;
  readonly status: ReplicationStatus;
}

type Dependencies = Pick<WatermarkDependencies, 'keys' | 'statuses' | 'watched' | 'telemetry'>;

/**
 * Asks S3 for the replication status of the archives that `chooseArchives` names, and of those that are watched. If one
 * is found that S3 does not replicate, if the queue of failures has messages, and once in each process, it asks for all
 * archives, starting with the oldest object, until one is found or the budget is spent. Raises the alarm for archives
 * that nothing will resend.
 * @throws UnknownWatermarkError
 */
export async function findUnreplicated(search: UnreplicatedSearch, dependencies: Dependencies): Promise<Unreplicated> {
  const { range, listed, hasFailures, now } = search;
  const { keys, watched } = dependencies;
  const ask = asker(range, dependencies);
  const known = watched.of(range.prefix);
  const again = (known ?? []).map(({ key }): ListedKey => ({ key, lastModified: 0 }));
  const first = await ask([...again, ...chooseArchives(listed, await recentKeys(search, keys), now)]);
  const isTrouble = hasFailures || first.some((answer) => isStuck(answer, now));
  const { whenFailed, whenNew } = search.budget;
  const budget = isTrouble ? whenFailed : known === undefined ? whenNew : 0;
  const walk = await walkAll(budget, search, keys, ask);
  const answers = [...new Map([...first, ...walk.answers].map((answer) => [answer.archive.key, answer])).values()];
  const stuck = answers.filter((answer) => isStuck(answer, now));
  raiseAlarms(search, stuck, known ?? [], dependencies);
  watched.note(
    range.prefix,
    stuck.map(({ archive, status }) => ({ key: archive.key, status })),
  );
  const unasked = isTrouble && walk.unasked !== undefined ? [walk.unasked] : [];
  const underway = answers.filter((answer) => isUnderway(answer) && !isStuck(answer, now));
  return {
    oldestPending: oldest(
      underway.map(({ archive }) => archive),
      range,
    ),
    oldestStuck: oldest([...stuck.map(({ archive }) => archive), ...unasked], range),
  };
}

/**
 * The resend function handles a failure as long as its queue has the message, which takes a while to arrive there. So a
 * failure raises the alarm if it was seen before and the queue is empty.
 */
function raiseAlarms(
  { rule, range, hasFailures }: UnreplicatedSearch,
  stuck: readonly Answer[],
  known: readonly WatchedArchive[],
  { telemetry }: Dependencies,
): void {
  for (const { archive, status } of stuck) {
    const wasSeen = known.some(({ key }) => key === archive.key);
    if (status === 'FAILED' && (hasFailures || !wasSeen)) continue;
    const address = { region: range.region, bucket: range.bucket, key: archive.key };
    telemetry.archiveUnreplicated(rule, address, status, writtenAt(archive, range.prefix));
  }
}

/** If a rule has more archives than a list holds, those that are due now come later in the order of keys. */
async function recentKeys(
  { listed, range, now }: UnreplicatedSearch,
  keys: Dependencies['keys'],
): Promise<readonly ListedKey[] | undefined> {
  if (listed.length < KEYS_PER_LIST) return undefined;
  const after = `${range.prefix}${formatKeyTime(now - RECENT_SECONDS * 1000)}`;
  return keys.firstKeys({ ...range, after }, RECENT_KEYS);
}

type Ask = (archives: readonly ListedKey[]) => Promise<Answer[]>;

/** Asks about each archive once. */
function asker(range: KeyRange, { statuses }: Dependencies): Ask {
  const limit = pLimit(MAX_CONCURRENT_REQUESTS);
  const asked = new Map<string, Promise<ReplicationStatus>>();
  return (archives) =>
    Promise.all(
      archives.map(async (archive) => {
        const { region, bucket } = range;
        const answer = asked.get(archive.key) ?? limit(() => statuses.statusOf({ region, bucket, key: archive.key }));
        asked.set(archive.key, answer);
        return { archive, status: await answer };
      }),
    );
}

interface Walk {
  readonly answers: readonly Answer[];
  /** The archive at which the budget was spent: those not asked about have no older objects. */
  readonly unasked: ListedKey | undefined;
}

async function walkAll(
  budget: number,
  { listed, range, now }: UnreplicatedSearch,
  keys: Dependencies['keys'],
  ask: Ask,
): Promise<Walk> {
  const answers: Answer[] = [];
  for (let page = listed; ; ) {
    for (let at = 0; at < page.length; at += MAX_CONCURRENT_REQUESTS) {
      if (answers.length >= budget) return { answers, unasked: page[at] };
      const some = await ask(page.slice(at, at + MAX_CONCURRENT_REQUESTS));
      answers.push(...some);
      if (some.some((answer) => isStuck(answer, now))) return { answers, unasked: undefined };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < KEYS_PER_LIST) return { answers, unasked: undefined };
    if (answers.length >= budget) return { answers, unasked: last };
    page = await keys.firstKeys({ ...range, after: last.key }, KEYS_PER_LIST);
  }
}

/** S3 reports within this time whether it will replicate an archive; a newer archive is assumed to be replicated. */
function isStuck({ archive, status }: Answer, now: number): boolean {
  if (status === 'FAILED') return true;
  return status === 'none' && archive.lastModified <= now - DUE_SECONDS * 1000;
}

function isUnderway({ status }: Answer): boolean {
  return status !== 'COMPLETED' && status !== 'gone';
}

function oldest(archives: readonly ListedKey[], { prefix }: KeyRange): number | undefined {
  const times = archives.map((archive) => writtenAt(archive, prefix));
  return times.length === 0 ? undefined : Math.min(...times);
}
