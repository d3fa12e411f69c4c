import { CONTENT_CLASSES, guessContentClass } from '../adaptive/content-class.ts';
import type { ArchiveLevels, LevelCap } from '../adaptive/level-policy.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import type { PackingWork } from './packing-speed.ts';

/** An older event has waited for a whole invocation: more objects arrive than are packed. */
const BACKLOG_SECONDS = 900;

export interface PlannedLevels {
  readonly levels: ArchiveLevels;
  /** The work by level. */
  readonly works: readonly PackingWork[];
  /** Seconds that it will take, with a safety margin. */
  readonly predicted: number;
}

/**
 * Levels for an archive, and how long it will take with them.
 *
 * | at the cheapest levels it     | oldest event   | levels                                                   |
 * |-------------------------------|----------------|----------------------------------------------------------|
 * | fits into the remaining time  | young          | the cheapest                                             |
 * | fits into the remaining time  | over 15 min    | the cheapest of those that are faster than the network   |
 * | takes longer                  | any            | the cheapest of those that fit; the fastest if none does |
 * | has no time limit             | any            | the cheapest                                             |
 *
 * Only fallback tasks have no time limit: nearly every object there is old, since it has waited for a task to start or
 * for another to be reclaimed, and a backlog is reduced by more tasks. The level determines most of a huge object's
 * cost.
 */
export function planLevels(
  items: readonly PackItem[],
  secondsLeft: number,
  oldestSeconds: number,
  dependencies: Pick<PackingDependencies, 'levels' | 'speed'>,
): PlannedLevels {
  const { levels: policy, speed } = dependencies;
  const plan = (cap?: LevelCap): PlannedLevels => {
    const levels = policy.plan(cap);
    const works = sumWork(items, levels);
    return { levels, works, predicted: speed.predict(works) };
  };
  const outrunning = policy.levels.filter((level) => speed.outrunsNetwork(level));
  const backlog: LevelCap = { highest: outrunning.at(-1) ?? policy.levels[0] ?? 0, reason: 'backlog' };
  const isLate = oldestSeconds > BACKLOG_SECONDS && Number.isFinite(secondsLeft);
  let planned = plan(isLate ? backlog : undefined);
  for (const highest of policy.levels.toReversed().slice(1)) {
    if (planned.predicted <= secondsLeft) break;
    planned = plan({ highest, reason: 'little-time' });
  }
  return planned;
}

function sumWork(items: readonly PackItem[], levels: ArchiveLevels): PackingWork[] {
  const byClass = Map.groupBy(items, ({ object }) => guessContentClass(object.key));
  return CONTENT_CLASSES.flatMap((content) => {
    const alike = byClass.get(content);
    if (alike === undefined) return [];
    const bytes = alike.reduce((sum, { object }) => sum + object.size, 0);
    return [{ bytes, objects: alike.length, level: levels.expect(content) }];
  });
}
