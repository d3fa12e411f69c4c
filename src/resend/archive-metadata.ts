import type { UserMetadata } from '../storage/stored-object.ts';

/** How often this archive was resent. It is stored with the archive, so counting needs no table. */
const RESENDS = 's3xrc-resends';
/** The version of the outbound bucket that a kept archive is a copy of. */
const KEPT_VERSION = 's3xrc-kept-version';
/** Where it did not arrive and why: `<destination bucket>=<reason>`, separated by `; `. */
const FAILURES = 's3xrc-failures';
/** When it was kept, ISO 8601. */
const KEPT_AT = 's3xrc-kept-at';

const OURS = new Set([RESENDS, KEPT_VERSION, FAILURES, KEPT_AT]);
/** Metadata has 2 KB for all entries; a bucket's name has at most 63 characters, and this leaves room for 15 failures. */
const MAX_REASON_LENGTH = 60;
const MAX_FAILURES = 15;

export interface ArrivalFailure {
  readonly destination: string;
  readonly reason: string;
}

/** The metadata of a kept archive. */
export interface KeptRecord {
  readonly versionId: string;
  readonly failures: readonly ArrivalFailure[];
  readonly keptAt: string;
}

/** 0 for an archive that was never resent, or whose count cannot be read. */
export function resendsOf(metadata: UserMetadata): number {
  const text = metadata[RESENDS] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

export function withResends(metadata: UserMetadata, resends: number): UserMetadata {
  return { ...metadata, [RESENDS]: String(resends) };
}

/** The metadata of an archive as the source function wrote it, without the count. */
export function withoutResends(metadata: UserMetadata): UserMetadata {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !OURS.has(name)));
}

export function withKeptRecord(metadata: UserMetadata, { versionId, failures, keptAt }: KeptRecord): UserMetadata {
  const listed = failures
    .slice(0, MAX_FAILURES)
    .map(({ destination, reason }) => `${destination}=${reason.replaceAll(';', ',').slice(0, MAX_REASON_LENGTH)}`);
  return { ...metadata, [KEPT_VERSION]: versionId, [FAILURES]: listed.join('; '), [KEPT_AT]: keptAt };
}

/** undefined for an object that the function did not put there. */
export function keptRecordOf(metadata: UserMetadata): KeptRecord | undefined {
  const { [KEPT_VERSION]: versionId, [FAILURES]: listed, [KEPT_AT]: keptAt } = metadata;
  if (versionId === undefined || listed === undefined || keptAt === undefined) return undefined;
  const failures = listed.split('; ').map((text) => {
    const [destination = '', ...reason] = text.split('=');
    return { destination, reason: reason.join('=') };
  });
  return { versionId, failures, keptAt };
}
