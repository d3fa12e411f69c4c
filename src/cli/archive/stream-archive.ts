import { MANIFEST_MEMBER, OBJECT_MEMBER_PREFIX } from '../../archive/format.ts';
import type { PublicManifestObject } from '../../archive/manifest.ts';
import type { ArchiveVersion } from '../../restoring/dependencies.ts';
import { indexPublicArchive } from '../../restoring/public/index-archive.ts';
import { readTarMembers, type StreamAccess } from '../../restoring/public/read-tar-members.ts';
import type { ArchiveEntry, ArchiveFacts, DamagedEntry, EntryChunk, ReadableArchive } from './readable-archive.ts';

/** An archive of the public implementation: no seek table, no checksums; it is always read from start to end. */
export class StreamArchive implements ReadableArchive {
  readonly facts: ArchiveFacts = { format: 'stream' };
  readonly entries: readonly ArchiveEntry[];
  readonly #archive: ArchiveVersion;
  readonly #access: StreamAccess;
  /** Index of the object of each tar member, by the member's position. */
  readonly #byMember: ReadonlyMap<number, number>;
  readonly #damaged: readonly DamagedEntry[];

  private constructor(
    archive: ArchiveVersion,
    access: StreamAccess,
    entries: readonly ArchiveEntry[],
    byMember: ReadonlyMap<number, number>,
    damaged: readonly DamagedEntry[],
  ) {
    this.#archive = archive;
    this.#access = access;
    this.entries = entries;
    this.#byMember = byMember;
    this.#damaged = damaged;
  }

  /** Reads it once, to find the manifest. @throws what `indexPublicArchive` throws */
  static async open(archive: ArchiveVersion, access: StreamAccess): Promise<StreamArchive> {
    const { manifest, members } = await indexPublicArchive(archive, access);
    const entries = manifest.objects.map(entryOf);
    const waiting = new Map<string, number[]>();
    members.forEach(({ name }, position) => {
      if (name === MANIFEST_MEMBER) return;
      const relative = name.startsWith(OBJECT_MEMBER_PREFIX) ? name.slice(OBJECT_MEMBER_PREFIX.length) : name;
      waiting.set(relative, [...(waiting.get(relative) ?? []), position]);
    });
    const byMember = new Map<number, number>();
    const damaged: DamagedEntry[] = [];
    manifest.objects.forEach((object, index) => {
      const position = waiting.get(object.relative_key ?? object.object_name)?.shift();
      const found = position === undefined ? undefined : members[position]?.size;
      const entry = entries[index];
      if (position !== undefined && found === object.size) byMember.set(position, index);
      else if (entry !== undefined) damaged.push({ entry, reason: describeMismatch(object.size, found) });
    });
    return new StreamArchive(archive, access, entries, byMember, damaged);
  }

  async read(
    wanted: ((index: number) => boolean) | undefined,
    visit: (chunk: EntryChunk) => Promise<void>,
  ): Promise<DamagedEntry[]> {
    let position = 0;
    await readTarMembers(this.#archive, this.#access, async ({ body, size }) => {
      const index = this.#byMember.get(position);
      position += 1;
      if (index === undefined || wanted?.(index) === false) return;
      if (size === 0) await visit({ index, start: 0, bytes: new Uint8Array(0) });
      let start = 0;
      for await (const bytes of body) {
        await visit({ index, start, bytes });
        start += bytes.length;
      }
    });
    return this.#damaged.filter(({ entry }) => wanted?.(this.entries.indexOf(entry)) !== false);
  }
}

function entryOf({ source_prefix, object_name, relative_key, size, ...entry }: PublicManifestObject): ArchiveEntry {
  const spelled = source_prefix === '' ? object_name : `${source_prefix}/${object_name}`;
  return {
    key: relative_key === `/${spelled}` ? relative_key : spelled,
    size,
    storageClass: entry.storage_class ?? 'STANDARD',
    ...(entry.creation_time === undefined ? {} : { time: `${entry.creation_time.replace(' ', 'T')}Z` }),
  };
}

function describeMismatch(size: number, found: number | undefined): string {
  return found === undefined
    ? `the manifest lists ${size} bytes, but the tar has no member for it`
    : `the manifest lists ${size} bytes, but the tar has ${found}`;
}
