import { ArchiveTooLargeError, CorruptArchiveError, InvalidManifestError } from '../../archive/errors.ts';
import { MANIFEST_MEMBER, MAX_MANIFEST_SIZE } from '../../archive/format.ts';
import { decodePublicManifest, type PublicManifest } from '../../archive/manifest.ts';
import { type ArchiveVersion, archiveName } from '../dependencies.ts';
import { readTarMembers, type StreamAccess, type StreamedMember } from './read-tar-members.ts';

/** The public implementation packs at most ten objects per archive; this only limits memory. */
const MAX_MEMBERS = 1_000_000;

/** A member as described by the tar. */
export type IndexedMember = Pick<StreamedMember, 'name' | 'size'>;

export interface PublicArchiveIndex {
  readonly manifest: PublicManifest;
  /** In the order of the tar; the manifest is one of them. */
  readonly members: readonly IndexedMember[];
}

/**
 * First reading of an archive without a seek table: finds the manifest, wherever it is, and checks that the archive is
 * readable to its end before anything is written.
 * @throws InvalidManifestError, CorruptArchiveError also for an archive of ours that has lost its end,
 *   ArchiveTooLargeError, and the errors of `readTarMembers`
 */
export async function indexPublicArchive(archive: ArchiveVersion, run: StreamAccess): Promise<PublicArchiveIndex> {
  const name = archiveName(archive);
  const members: IndexedMember[] = [];
  let manifest: Uint8Array | undefined;
  await readTarMembers(archive, run, async (member) => {
    if (members.length === MAX_MEMBERS) {
      throw tooLarge(`${name} has more than ${MAX_MEMBERS} members`, name, MAX_MEMBERS);
    }
    members.push({ name: member.name, size: member.size });
    if (member.name === MANIFEST_MEMBER) manifest = await readManifestMember(member, name);
  });
  if (manifest === undefined) {
    throw new InvalidManifestError(
      `${name} has no manifest.json: it was cut off, or is not an archive of this product`,
      {
        context: { archive: name },
      },
    );
  }
  refuseOwnFormat(manifest, name);
  return { manifest: decodePublicManifest(manifest, name), members };
}

async function readManifestMember({ size, body }: StreamedMember, archive: string): Promise<Uint8Array> {
  if (size > MAX_MANIFEST_SIZE) {
    throw tooLarge(
      `The manifest of ${archive} has ${size} bytes, but at most ${MAX_MANIFEST_SIZE} are read`,
      archive,
      MAX_MANIFEST_SIZE,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Our archives end with a seek table. Without it the end is missing, and it is unknown whether more is missing. */
function refuseOwnFormat(manifest: Uint8Array, archive: string): void {
  const declared = Buffer.from(manifest).subarray(0, 100).toString('latin1').trimStart();
  if (!/^\{\s*"format"\s*:/.test(declared)) return;
  throw new CorruptArchiveError(`${archive} was cut off: it is one of ours, but its seek table is missing`, {
    context: { archive },
  });
}

function tooLarge(message: string, archive: string, limit: number): ArchiveTooLargeError {
  return new ArchiveTooLargeError(message, { context: { archive, limit } });
}
