import { crc32 } from '../archive/checksum.ts';
import { MAX_PARTS } from '../archive/format.ts';
import { PartLayout } from '../archive/plan-parts.ts';
import type { Destination } from '../configuration/rule.ts';
import type { ObjectUpload, UploadFinder, WriteTarget } from '../storage/object-store.ts';
import { openUpload } from '../storage/open-upload.ts';
import type { RestoringLimits } from './dependencies.ts';
import type { RestorableObject } from './restorable-object.ts';
import { planWrite } from './split-write.ts';

/**
 * S3 lists an upload's key, but neither its headers nor its purpose. So the first part that is sent is a mark: the plan
 * of the upload as text, with the last part number. The completion of the upload leaves it out, so S3 discards it. Its
 * size and CRC-32 in the list of parts show whether an upload belongs to this plan.
 */
const MARK_PART = MAX_PARTS;

export interface UploadPlan {
  /** Includes the stamp in its metadata, so that two versions of an object never share an upload. */
  readonly target: WriteTarget;
  readonly layout: PartLayout;
  /** CRC-32 of the whole object. */
  readonly crc32: number;
}

/** The text that marks an upload of this plan. */
export function markOf({ target, layout, crc32: whole }: UploadPlan): Buffer {
  const { size, sliceLength, slicesPerPart } = layout;
  return Buffer.from(JSON.stringify({ target, whole, size, sliceLength, slicesPerPart }));
}

/**
 * The plan of an object's upload, if another attempt can resume it.
 * @param sliceLength bytes of each slice but the last
 * @param limits see RestoringLimits
 */
export function planUpload(
  object: RestorableObject,
  destination: Destination,
  sliceLength: number,
  { resumableBytes, maxParts }: Pick<RestoringLimits, 'resumableBytes' | 'maxParts'>,
): UploadPlan | undefined {
  const { crc32: whole, size } = object;
  if (whole === undefined || size < resumableBytes) return undefined;
  const { target } = planWrite(object, destination);
  return { target, layout: new PartLayout(size, sliceLength, maxParts), crc32: whole };
}

/** Begins an upload that another task can resume. */
export async function createMarkedUpload(
  store: { createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload> },
  plan: UploadPlan,
  signal: AbortSignal,
): Promise<ObjectUpload> {
  const mark = markOf(plan);
  const upload = await store.createUpload(plan.target, signal);
  await upload.uploadPart(MARK_PART, mark, crc32(mark));
  return upload;
}

/**
 * The upload to this key and of this plan with the most parts, if there is one. Others are left alone: they belong to
 * another version, to another task that is working on it, or to a user.
 */
export async function findMarkedUpload(
  store: UploadFinder,
  plan: UploadPlan,
  signal: AbortSignal,
): Promise<ObjectUpload | undefined> {
  const uploads = await listMarkedUploads(store, plan, signal);
  return uploads.toSorted((left, right) => right.earlier.length - left.earlier.length)[0];
}

/**
 * Aborts the uploads of earlier attempts at an object that must no longer be written. Another task that is still
 * sending parts gets UploadGoneError, and finds the same reason in its next attempt.
 */
export async function abortMarkedUploads(store: UploadFinder, plan: UploadPlan, signal: AbortSignal): Promise<void> {
  const uploads = await listMarkedUploads(store, plan, signal);
  await Promise.all(uploads.map((upload) => upload.abort()));
}

async function listMarkedUploads(store: UploadFinder, plan: UploadPlan, signal: AbortSignal): Promise<ObjectUpload[]> {
  const ids = await store.listUploads(plan.target, signal);
  const uploads = await Promise.all(ids.map((id) => openUpload(store, plan.target, id, signal)));
  return uploads.filter((upload) => upload !== undefined).filter((upload) => isOfPlan(upload, plan));
}

function isOfPlan({ earlier }: ObjectUpload, plan: UploadPlan): boolean {
  const mark = markOf(plan);
  const { layout } = plan;
  const isMarked = earlier.some(
    ({ number, size, crc32: checksum }) => number === MARK_PART && size === mark.length && checksum === crc32(mark),
  );
  return (
    isMarked &&
    earlier.every(
      ({ number, size }) => number === MARK_PART || (number <= layout.parts && size === layout.sizeOf(number - 1)),
    )
  );
}
