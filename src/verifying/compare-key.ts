import { isArchivedClass, judgeObject, type ObjectFilter } from '../backfill/object-filter.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { ListedObject } from '../listing/dependencies.ts';
import { orderOfListedObject } from '../messages/backfill-message.ts';
import { AccessDeniedError, CustomerKeyError, ObjectChangedError, ObjectNotFoundError } from '../storage/errors.ts';
import { findStamp, isAsWritten, needsTags } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectLocation } from '../storage/stored-object.ts';
import { compareListed, type EtagReliability } from './compare-listed.ts';
import type {
  ComparedBucket,
  ComparedDestination,
  CopyFinding,
  FindingClass,
  VerificationCounts,
  VerificationDependencies,
} from './dependencies.ts';
import type { JoinedKey } from './join-listings.ts';
import { type CopyClass, type CopyJudgment, type ExaminedObject, judgeCopy } from './judge-copy.ts';
import { compareBytes, compareChecksums, isSampled, type ProofLevel } from './prove-copy.ts';

export interface KeyComparison {
  readonly rule: ReplicationRule;
  readonly filter: ObjectFilter;
  readonly proof: ProofLevel;
  /** One in this many of the copies that look right is proven. */
  readonly oneIn: number;
  /** Objects written after this need not have arrived yet; milliseconds since 1970. */
  readonly dueBefore: number;
  /** When the source was listed, or a moment before, in milliseconds since 1970. */
  readonly listedAt: number;
  readonly signal: AbortSignal;
}

/** The result for one key. */
export interface ComparedKey {
  readonly counts: Partial<VerificationCounts>;
  readonly findings: readonly CopyFinding[];
  /** Must be queued with this order; absent: nothing to repair. */
  readonly repair?: { readonly object: ListedObject; readonly order: number };
}

const COUNTED: Readonly<Record<CopyClass, keyof VerificationCounts>> = {
  equal: 'equal',
  missing: 'missing',
  older: 'older',
  different: 'different',
  foreign: 'foreign',
  unreadable: 'unreadable',
  replica: 'replica',
  unreplicable: 'unreplicable',
  'not-due': 'notDue',
};

/** Compares one key of the source with all destinations. @throws the errors of the storage port, the reason of the signal */
export async function compareKey(
  { key, objects: [object, ...copies] }: JoinedKey,
  options: KeyComparison,
  etags: EtagReliability,
  { source, destinations }: Pick<VerificationDependencies, 'source' | 'destinations'>,
): Promise<ComparedKey> {
  const { rule, filter } = options;
  if (object === undefined) return extraCopies(key, copies, options, destinations);
  const verdict = judgeObject(object, rule, filter);
  if (verdict !== 'taken') return { counts: verdict === 'archived' ? { archived: 1 } : {}, findings: [] };
  const counts: Partial<VerificationCounts> = {};
  const findings: CopyFinding[] = [];
  let order: number | undefined;
  let sourceNow: Promise<SourceNow> | undefined;
  const isLate = object.lastModified < options.dueBefore;
  const lookAtSource = (): Promise<SourceNow> => {
    if (sourceNow === undefined) counts.looks = (counts.looks ?? 0) + 1;
    sourceNow ??= findSourceNow(object, rule, source, options.signal);
    return sourceNow;
  };
  for (const [index, compared] of destinations.entries()) {
    const copy = copies[index];
    const suspected = await judgeReadable(object, copy, compared, options, etags, source);
    const { looks, isUnproven } = suspected;
    counts.looks = (counts.looks ?? 0) + looks;
    // The object may have been deleted or overwritten since it was listed.
    const judged = isLate && isFault(suspected.kind) ? { ...suspected, ...(await lookAtSource()) } : suspected;
    const kind = judged.kind !== 'equal' && !isLate ? 'not-due' : judged.kind;
    counts[COUNTED[kind]] = (counts[COUNTED[kind]] ?? 0) + 1;
    if (kind === 'foreign' && compared.destination.onConflict === 'keep') {
      counts.foreignKept = (counts.foreignKept ?? 0) + 1;
    }
    if (isUnproven) counts.unproven = (counts.unproven ?? 0) + 1;
    const shown: FindingClass | undefined = kind === 'equal' ? (isUnproven ? 'unproven' : undefined) : kind;
    if (shown !== undefined) {
      const { destination } = compared;
      findings.push({
        kind: shown,
        destination,
        key,
        reason: judged.reason,
        sourceSize: object.size,
        copySize: copy?.size,
      });
    }
    if (isRepairable(kind, compared)) order = Math.max(order ?? judged.order, judged.order);
  }
  return { counts, findings, ...(order === undefined ? {} : { repair: { object, order } }) };
}

/**
 * Copies that are wrong and that a repair replaces: those of other writers only if the rule says that the source wins.
 */
export function isRepairable(kind: CopyClass, { destination }: Pick<ComparedDestination, 'destination'>): boolean {
  if (kind === 'foreign') return destination.onConflict === 'overwrite';
  return kind === 'missing' || kind === 'older' || kind === 'different';
}

/** Whether a copy of this class may be wrong, judging by its destination alone. */
function isFault(kind: CopyClass): boolean {
  return kind === 'missing' || kind === 'older' || kind === 'different' || kind === 'foreign';
}

/**
 * Copies of objects that the source does not have: they were deleted there or never existed. A copy written since the
 * source was listed may be of a new object.
 */
function extraCopies(
  key: string,
  copies: readonly (ListedObject | undefined)[],
  { rule, filter, listedAt }: KeyComparison,
  destinations: readonly ComparedDestination[],
): ComparedKey {
  const { prefix, suffix } = filter;
  const findings = destinations.flatMap(({ destination }, index): CopyFinding[] => {
    const copy = copies[index];
    if (copy === undefined) return [];
    const meant = judgeObject({ ...copy, key, storageClass: 'STANDARD' }, rule, { prefix, suffix }) === 'taken';
    if (!meant) return [];
    const isNew = copy.lastModified >= listedAt;
    const shared = { destination, key, copySize: copy.size };
    return [
      isNew
        ? { ...shared, kind: 'not-due', reason: 'newer than the listing' }
        : { ...shared, kind: 'extra', reason: '' },
    ];
  });
  const notDue = findings.filter(({ kind }) => kind === 'not-due').length;
  return { counts: { extra: findings.length - notDue, notDue }, findings };
}

type LookedAt = Pick<CopyJudgment, 'kind' | 'reason' | 'order'> & {
  readonly looks: number;
  readonly isUnproven: boolean;
};

/** A copy that S3 refuses to show, such as one under a customer's key, must not keep the others from being compared. */
async function judgeReadable(...[object, ...others]: Parameters<typeof judge>): Promise<LookedAt> {
  try {
    return await judge(object, ...others);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const order = orderOfListedObject(object.lastModified);
    return { kind: 'unreadable', reason: thrown.message, order, looks: 1, isUnproven: false };
  }
}

function isRefusal(thrown: unknown): thrown is AccessDeniedError | CustomerKeyError {
  return thrown instanceof AccessDeniedError || thrown instanceof CustomerKeyError;
}

async function judge(
  object: ListedObject,
  copy: ListedObject | undefined,
  compared: ComparedDestination,
  options: KeyComparison,
  etags: EtagReliability,
  source: ComparedBucket,
): Promise<LookedAt> {
  const { rule, proof, oneIn, listedAt, signal } = options;
  const base = { reason: '', order: orderOfListedObject(object.lastModified), looks: 0, isUnproven: false };
  const listed = compareListed(object, copy, etags);
  // An inventory is older: copies that it lacks may have arrived since.
  if (listed === 'missing' && compared.inventory === undefined) return { ...base, kind: 'missing' };
  const shouldProve = proof !== 'none' && isSampled(object.key, oneIn);
  if (listed === 'equal' && !shouldProve) return { ...base, kind: 'equal' };
  const { bucket } = rule.source;
  const { bucket: target, targetPrefix = '' } = compared.destination;
  const location = { bucket: target, key: targetPrefix + object.key };
  const found = await examine(location, compared, signal);
  const judgment = judgeCopy({ bucket, object, location, listedAt }, found);
  if (listed === 'suspect' && judgment.kind === 'equal') etags.noteMisled();
  const looked = { ...base, ...judgment, looks: 1 };
  const isWrong = listed !== 'equal' && judgment.kind !== 'equal';
  if (isWrong || !shouldProve || found === undefined) return looked;
  const isSame = await isProvenSame(
    object,
    { ...location, etag: found.etag, size: found.size, crc32: found.crc32 },
    compared,
    options,
    source,
  );
  if (isSame === undefined) {
    // The source has no CRC-32; the stamp records the copy's CRC-32 when its bytes came from there.
    const isProven = proof === 'checksums' && judgment.isProven;
    return { ...looked, kind: 'equal', looks: 2, isUnproven: !isProven };
  }
  const kind = isSame ? 'equal' : 'different';
  return { ...looked, kind, reason: isSame ? '' : `${proof === 'bytes' ? 'bytes' : 'CRC-32'} differ`, looks: 2 };
}

/** Why a copy need not match the listing of the source; empty: it must match. */
type SourceNow = Partial<Pick<CopyJudgment, 'kind' | 'reason'>>;

/** What has happened to an object since it was listed, or another reason why no destination has it. */
async function findSourceNow(
  { key, etag }: ListedObject,
  { source: { bucket, chain } }: ReplicationRule,
  compared: ComparedBucket,
  signal: AbortSignal,
): Promise<SourceNow> {
  try {
    const now = await examine({ bucket, key }, compared, signal);
    if (now === undefined) return { kind: 'not-due', reason: 'deleted at the source since the listing' };
    if (now.etag !== etag) return { kind: 'not-due', reason: 'overwritten since the listing' };
    const archived = archiveOf(now);
    if (archived !== undefined) return { kind: 'unreplicable', reason: `archived at the source: ${archived}` };
    const stamped = findStamp(now, { bucket, key });
    const isReplica = !chain && stamped !== undefined && isAsWritten(stamped, now);
    return isReplica ? { kind: 'replica', reason: 'restored at the source by another rule' } : {};
  } catch (thrown) {
    if (thrown instanceof CustomerKeyError) {
      return { kind: 'unreplicable', reason: "encrypted at the source with a customer's key (SSE-C)" };
    }
    // Then the listing is the only source of information.
    if (isRefusal(thrown)) return {};
    throw thrown;
  }
}

/** Class or tier from which an object must be restored before it can be read. */
function archiveOf({ storageClass, archiveStatus }: ObjectDescription): string | undefined {
  return archiveStatus ?? (isArchivedClass(storageClass) ? storageClass : undefined);
}

/**
 * A HEAD, and the tags if metadata has no room for a stamp. Without the permission to read tags, size and date decide.
 */
async function examine(
  location: ObjectLocation,
  { store }: Pick<ComparedBucket, 'store'>,
  signal: AbortSignal,
): Promise<ExaminedObject | undefined> {
  const found = await store.head(location, signal);
  if (found === undefined || !needsTags(found, location)) return found;
  try {
    const { tags, versionId } = await store.readTags(location, signal);
    const isSame = versionId === undefined || found.versionId === undefined || versionId === found.versionId;
    return isSame ? { ...found, tags } : found;
  } catch (thrown) {
    if (thrown instanceof AccessDeniedError || thrown instanceof ObjectNotFoundError) return found;
    throw thrown;
  }
}

async function isProvenSame(
  object: ListedObject,
  copy: {
    readonly bucket: string;
    readonly key: string;
    readonly etag: string;
    readonly size: number;
    readonly crc32?: number | undefined;
  },
  { store }: ComparedDestination,
  { rule, proof, signal }: KeyComparison,
  source: ComparedBucket,
): Promise<boolean | undefined> {
  const { key, etag, size } = object;
  const original = { bucket: rule.source.bucket, key, etag, size };
  if (proof === 'checksums') return compareChecksums(original, source.store, copy.crc32, signal);
  try {
    return await compareBytes(original, source.store, copy, store, signal);
  } catch (thrown) {
    // Overwritten or deleted in the meantime: its event is in transit.
    if (thrown instanceof ObjectChangedError || thrown instanceof ObjectNotFoundError) return undefined;
    throw thrown;
  }
}
