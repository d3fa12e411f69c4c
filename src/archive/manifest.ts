import * as z from 'zod';
import { parseJson } from '../json.ts';
import { refuseCostlyJson } from './costly-json.ts';
import { InvalidManifestError, UnsupportedArchiveError } from './errors.ts';
import { DELETIONS_FORMAT_MAJOR, FORMAT_MAJOR, FORMAT_MINOR, FORMAT_NAME } from './format.ts';
import {
  manifestDeletion,
  manifestDeletions,
  manifestEnvelope,
  manifestFormat,
  manifestObject,
  manifestTarget,
  publicManifestEnvelope,
  publicManifestObject,
} from './manifest-schema.ts';

export type ManifestObject = z.infer<typeof manifestObject>;
export type ManifestDeletion = z.infer<typeof manifestDeletion>;
export type ManifestTarget = z.infer<typeof manifestTarget>;
export type PublicManifestObject = z.infer<typeof publicManifestObject>;

/** `manifest.json`, the last member of an archive: describes each object, and where its bytes are in the archive. */
export interface Manifest extends Omit<z.infer<typeof manifestEnvelope>, 'targets' | 'objects'> {
  targets: ManifestTarget[];
  objects: ManifestObject[];
  /** Absent if there are none; the archive then has version 1. */
  deletions?: ManifestDeletion[];
}

/** A manifest of the public implementation: no version, no frames, no checksums. */
export interface PublicManifest {
  targets: ManifestTarget[];
  objects: PublicManifestObject[];
}

/** An archive without deletions stays version 1, byte for byte. */
export function encodeManifest({ deletions = [], ...manifest }: Omit<Manifest, 'format'>): Buffer {
  const major = deletions.length === 0 ? FORMAT_MAJOR : DELETIONS_FORMAT_MAJOR;
  const format = { name: FORMAT_NAME, version: `${major}.${FORMAT_MINOR}` };
  return Buffer.from(JSON.stringify({ format, ...manifest, ...(deletions.length === 0 ? {} : { deletions }) }));
}

/**
 * @param archive names the archive in errors
 * @throws InvalidManifestError, UnsupportedArchiveError for another major version
 */
export function decodeManifest(bytes: Uint8Array, archive: string): Manifest {
  const json = manifestJson(bytes, archive);
  const declared = z.object({ format: manifestFormat }).safeParse(json);
  if (declared.success) refuseUnknownMajor(declared.data.format.version, archive);
  const envelope = validated(manifestEnvelope, json, archive);
  const manifest = {
    ...envelope,
    targets: validatedItems(manifestTarget, envelope.targets, 'targets', archive),
    objects: validatedItems(manifestObject, envelope.objects, 'objects', archive),
  };
  if (majorOf(envelope.format.version) !== DELETIONS_FORMAT_MAJOR) return manifest;
  const { deletions } = validated(manifestDeletions, json, archive);
  return { ...manifest, deletions: validatedItems(manifestDeletion, deletions, 'deletions', archive) };
}

/**
 * The manifest of an archive that the public implementation wrote.
 * @throws InvalidManifestError
 */
export function decodePublicManifest(bytes: Uint8Array, archive: string): PublicManifest {
  const envelope = validated(publicManifestEnvelope, manifestJson(bytes, archive), archive);
  return {
    targets: validatedItems(manifestTarget, envelope.targets, 'targets', archive),
    objects: validatedItems(publicManifestObject, envelope.objects, 'objects', archive),
  };
}

/**
 * The two fields from which the public implementation's target builds a key. It cannot build keys that begin or end
 * with `/` from a directory and a name, so for those the name is the whole key.
 */
export function publicKeyFields(key: string): { source_prefix: string; object_name: string } {
  const slash = key.lastIndexOf('/');
  if (slash <= 0 || slash === key.length - 1) return { source_prefix: '', object_name: key };
  return { source_prefix: key.slice(0, slash), object_name: key.slice(slash + 1) };
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function refuseUnknownMajor(version: string, archive: string): void {
  if ([FORMAT_MAJOR, DELETIONS_FORMAT_MAJOR].includes(majorOf(version))) return;
  throw new UnsupportedArchiveError(
    `${archive} has format version ${version}; this reader knows versions ${FORMAT_MAJOR} and ${DELETIONS_FORMAT_MAJOR}. Deploy the target region first.`,
    { context: { archive, version } },
  );
}

function manifestJson(bytes: Uint8Array, archive: string): unknown {
  refuseCostlyJson(bytes, archive);
  const invalid = (cause: unknown): InvalidManifestError =>
    new InvalidManifestError(`manifest.json of ${archive} is not JSON in UTF-8`, { cause, context: { archive } });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(cause);
  }
  return parseJson(text, invalid);
}

/** Stops at the first invalid item, so that a hostile list costs no more than a valid one. */
function validatedItems<T>(schema: z.ZodType<T>, items: readonly unknown[], list: string, archive: string): T[] {
  return items.map((item, index) => validated(schema, item, archive, [list, index]));
}

function validated<T>(schema: z.ZodType<T>, json: unknown, archive: string, at: readonly PropertyKey[] = []): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = [...at, ...(first?.path ?? [])].join('.');
  throw new InvalidManifestError(`manifest.json of ${archive} is not valid at "${where}": ${first?.message ?? ''}`, {
    cause: result.error,
    context: { archive, path: where, problems: result.error.issues.length },
  });
}
