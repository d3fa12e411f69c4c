import { ManifestMismatchError } from '../../archive/errors.ts';
import { MANIFEST_MEMBER, OBJECT_MEMBER_PREFIX } from '../../archive/format.ts';
import type { PublicManifestObject } from '../../archive/manifest.ts';
import { type Destination, type ReplicationRule, ruleMatches } from '../../configuration/rule.ts';
import { originOf, stampOf } from '../../storage/provenance.ts';
import type { RuleHere } from '../authorize-archive.ts';
import { UnknownRuleError } from '../errors.ts';
import { makeStampable, objectTags, type RestorableObject } from '../restorable-object.ts';
import type { IndexedMember, PublicArchiveIndex } from './index-archive.ts';

export interface PlannedObject {
  readonly rule: ReplicationRule;
  readonly object: RestorableObject;
  readonly destinations: readonly Destination[];
}

export interface PublicRestorePlan {
  /** By position in `members` of the index. Members without an entry in the manifest are not included. */
  readonly byMember: ReadonlyMap<number, PlannedObject>;
  /** Entries whose bytes are missing from the tar, or have a different size. */
  readonly unrestorable: readonly { readonly planned: PlannedObject; readonly error: ManifestMismatchError }[];
}

/**
 * Matches the entries of a public manifest with the members of its tar and with this region's rules. Several members
 * may have the same name (if their keys differ only in slashes): the k-th of them belongs to the k-th entry with that
 * name.
 * @param archivedAt the time of entries that have none: milliseconds since 1970
 * @throws UnknownRuleError if an entry belongs to no rule here; then nothing of the archive may be restored
 */
export function planPublicRestore(
  { manifest, members }: PublicArchiveIndex,
  rules: readonly RuleHere[],
  archive: string,
  archivedAt: number,
): PublicRestorePlan {
  const waiting = membersByName(members);
  const byMember = new Map<number, PlannedObject>();
  const unrestorable: { planned: PlannedObject; error: ManifestMismatchError }[] = [];
  for (const entry of manifest.objects) {
    const planned = planMember(entry, rules, archive, archivedAt);
    const name = entry.relative_key ?? entry.object_name;
    const position = waiting.get(name)?.next().value;
    const size = position === undefined ? undefined : members[position]?.size;
    if (position !== undefined && size === entry.size) byMember.set(position, planned);
    else unrestorable.push({ planned, error: mismatch(planned.object.key, name, entry.size, size, archive) });
  }
  return { byMember, unrestorable };
}

/** Positions of the objects' members, by name without `objects/`; each is used once. */
function membersByName(members: readonly IndexedMember[]): Map<string, IterableIterator<number, undefined>> {
  const positions = new Map<string, number[]>();
  members.forEach(({ name }, position) => {
    if (name === MANIFEST_MEMBER) return;
    const relative = name.startsWith(OBJECT_MEMBER_PREFIX) ? name.slice(OBJECT_MEMBER_PREFIX.length) : name;
    const same = positions.get(relative);
    if (same === undefined) positions.set(relative, [position]);
    else same.push(position);
  });
  return new Map([...positions].map(([name, same]) => [name, same.values()]));
}

function planMember(
  entry: PublicManifestObject,
  rules: readonly RuleHere[],
  archive: string,
  archivedAt: number,
): PlannedObject {
  const { source_bucket: bucket, size, etag = '', storage_class: storageClass = 'STANDARD' } = entry;
  const key = objectKey(entry);
  const here = rules.find(({ rule }) => ruleMatches(rule, bucket, key));
  if (here === undefined) {
    throw new UnknownRuleError(
      `${archive} names object "${key}" of bucket "${bucket}", for which no rule has a destination in this region`,
      { context: { archive, bucket, key } },
    );
  }
  const eventTime = creationTime(entry.creation_time) ?? archivedAt;
  const stamp = stampOf({ origin: originOf(bucket), etag, eventTime });
  const stampable = makeStampable({}, objectTags(entry.tags), stamp);
  const object = { key, size, etag, headers: {}, ...stampable, storageClass, stamp };
  return { rule: here.rule, object, destinations: here.destinations };
}

/**
 * The key of an entry. Directory and name cannot express a single leading slash, but the member's name, which is the
 * whole key if the rule had no prefix, still has it.
 */
function objectKey({ source_prefix: prefix, object_name: name, relative_key: relative }: PublicManifestObject): string {
  const spelled = prefix === '' ? name : `${prefix}/${name}`;
  return relative === `/${spelled}` ? relative : spelled;
}

/** `2023-11-14 22:13:20`, in UTC. */
function creationTime(text: string | undefined): number | undefined {
  const time = Date.parse(`${(text ?? '').replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function mismatch(
  key: string,
  member: string,
  size: number,
  found: number | undefined,
  archive: string,
): ManifestMismatchError {
  const what = found === undefined ? 'no member for it' : `${found} bytes of it`;
  return new ManifestMismatchError(`${archive} lists object "${key}" with ${size} bytes, but has ${what}`, {
    context: { archive, key, member, size, found },
  });
}
