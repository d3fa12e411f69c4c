import type { RuleHere } from '../authorize-archive.ts';
import { archiveName, type InboundArchive } from '../dependencies.ts';
import { locationAt } from '../restorable-object.ts';
import { restoreMember } from '../restore-member.ts';
import type { RestoreSummary } from '../restore-progress.ts';
import type { WriteContext } from '../settle-write.ts';
import { indexPublicArchive } from './index-archive.ts';
import { planPublicRestore } from './plan-restore.ts';
import { readTarMembers } from './read-tar-members.ts';

/**
 * Restores an archive of the public implementation: no seek table, no rule, no checksums. It is read twice from end to end:
 * once to find the manifest and to see that everything is there, once to write.
 * @throws what `indexPublicArchive` and `planPublicRestore` throw; what objects meet goes to `progress`
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
  const writing: Promise<void>[] = [];
  let position = 0;
  try {
    await readTarMembers(archive, run, async (member) => {
      const planned = plan.byMember.get(position);
      position += 1;
      if (planned === undefined) return;
      await restoreMember(member, planned, { ...context, redelivered: archive.redelivered, writing });
    });
  } finally {
    await Promise.all(writing);
  }
  const all = [...plan.byMember.values(), ...plan.unrestorable.map(({ planned }) => planned)];
  return {
    rule: [...new Set(all.map(({ rule }) => rule))].join(','),
    due: all.reduce((sum, { destinations }) => sum + destinations.length, 0),
    work: {
      archiveBytes: archive.size,
      bytes: all.reduce((sum, { object }) => sum + object.size, 0),
      objects: all.length,
      destinations: 1,
    },
  };
}
