import { originOf } from '../../storage/provenance.ts';
import type { RuleHere } from '../authorize-archive.ts';
import { type DeletionWatch, watchDeletions } from '../deletions/deletion-watch.ts';
import { archiveName, type InboundArchive } from '../dependencies.ts';
import { locationAt } from '../restorable-object.ts';
import { restoreMember } from '../restore-member.ts';
import type { RestoreSummary } from '../restore-progress.ts';
import type { WriteContext } from '../settle-write.ts';
import { indexPublicArchive } from './index-archive.ts';
import { type PlannedObject, type PublicRestorePlan, planPublicRestore } from './plan-public-restore.ts';
import { readTarMembers } from './read-tar-members.ts';

/**
 * Restores an archive of the public implementation: no seek table, no rule, no checksums. It is read twice from start
 * to end: once to find the manifest and check that everything is there, and once to write.
 * @throws errors of `indexPublicArchive` and `planPublicRestore`; failures of objects go to `progress`
 */
export async function restorePublicArchive(
  archive: InboundArchive,
  rules: readonly RuleHere[],
  context: WriteContext,
): Promise<RestoreSummary> {
  const { run, progress } = context;
  const index = await indexPublicArchive(archive, run);
  const plan = planPublicRestore(index, rules, archiveName(archive), archive.eventTime);
  for (const { planned, error } of plan.unrestorable) {
    for (const destination of planned.destinations) progress.fail(locationAt(planned.object, destination), error);
  }
  const watches = await watchEachRule(archive, plan, context);
  const writing: Promise<void>[] = [];
  let position = 0;
  try {
    await readTarMembers(archive, run, async (member) => {
      const planned = plan.byMember.get(position);
      position += 1;
      if (planned === undefined) return;
      const watch = watches.get(planned.rule.id);
      await restoreMember(member, planned, { ...context, isRedelivered: archive.isRedelivered, writing, watch });
    });
  } finally {
    await Promise.all(writing);
  }
  for (const watch of watches.values()) await watch.finish();
  const all = [...plan.byMember.values(), ...plan.unrestorable.map(({ planned }) => planned)];
  return {
    rule: [...new Set(all.map(({ rule }) => rule.id))].join(','),
    due: all.reduce((sum, { destinations }) => sum + destinations.length, 0),
    work: {
      archiveBytes: archive.size,
      bytes: all.reduce((sum, { object }) => sum + object.size, 0),
      objects: all.length,
      destinations: 1,
    },
  };
}

/** By rule: finds deletions that came after the objects of an archive, if the rule replicates deletions. */
async function watchEachRule(
  archive: InboundArchive,
  { byMember }: PublicRestorePlan,
  context: WriteContext,
): Promise<Map<string, DeletionWatch>> {
  const byRule = Map.groupBy(byMember.values(), ({ rule }) => rule);
  const watches = new Map<string, DeletionWatch>();
  for (const [rule, planned] of byRule) {
    const [{ destinations } = { destinations: [] }] = planned;
    const watched = { archive, rule: rule.id, origin: originOf(rule.source.bucket), destinations, deletions: [] };
    const describe = (index: number): PlannedObject['object'] | undefined => planned[index]?.object;
    const objects = planned.map(({ object: { key, stamp } }) => ({
      key,
      event_time: new Date(stamp.eventTime).toISOString(),
    }));
    const watch = await watchDeletions({ ...watched, objects, describe, isInWholeSeconds: true }, context);
    if (watch !== undefined) watches.set(rule.id, watch);
  }
  return watches;
}
