import { crc32 } from '../archive/checksum.ts';
import { FRAME_TARGET } from '../archive/format.ts';
import { asCompressorError } from '../errors.ts';
import type { RuleHere } from './authorize-archive.ts';
import { WRITE_IF_ABSENT } from './decide-write.ts';
import { archiveName, type InboundArchive, type RestoreRun } from './dependencies.ts';
import { indexPublicArchive } from './index-public-archive.ts';
import { type PlannedObject, planPublicRestore } from './plan-public-restore.ts';
import { readTarMembers, type TarMember } from './read-tar-members.ts';
import { locationAt } from './restorable-object.ts';
import type { RestoreSummary } from './restore-archive.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { surveyWrite } from './survey-writes.ts';
import { type DueWrite, writeObject } from './write-object.ts';
import { SlicedObjectWrite } from './write-sliced-object.ts';

/** Objects up to this size are one PUT; larger ones become parts of this size. */
const PART_SIZE = FRAME_TARGET;

/**
 * Restores an archive of the public implementation: no seek table, no rule, no checksums. It is read twice from end to end:
 * once to find the manifest and to see that everything is there, once to write.
 * @throws what `indexPublicArchive` and `planPublicRestore` throw; what objects meet goes to `progress`
 */
export async function restorePublicArchive(
  archive: InboundArchive,
  rules: readonly RuleHere[],
  run: RestoreRun,
  progress: RestoreProgress,
): Promise<RestoreSummary> {
  const index = await indexPublicArchive(archive, run);
  const plan = planPublicRestore(index, rules, archiveName(archive), archive.eventTime);
  for (const { planned, error } of plan.unrestorable) {
    for (const destination of planned.destinations) progress.fail(locationAt(planned.object, destination), error);
  }
  const writing: Promise<void>[] = [];
  let position = -1;
  await readTarMembers(archive, run, async (member) => {
    if (member.name === 'manifest.json') return;
    position += 1;
    const planned = plan.byMember.get(position);
    if (planned !== undefined) await restoreMember(member, planned, archive, { run, progress, writing });
  });
  await Promise.all(writing);
  const all = [...plan.byMember.values(), ...plan.unrestorable.map(({ planned }) => planned)];
  return {
    rule: [...new Set(all.map(({ rule }) => rule))].join(','),
    due: all.reduce((sum, { destinations }) => sum + destinations.length, 0),
    earliest: all.reduce((earliest, { object }) => Math.min(earliest, object.stamp.eventTime), archive.eventTime),
  };
}
