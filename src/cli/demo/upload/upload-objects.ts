import pLimit from 'p-limit';
import type { DemoObject } from '../input/planned-object.ts';
import { type ObjectPlace, putObject } from './put-object.ts';
import type { UploadedObject, UploadedVersion } from './uploaded-object.ts';

/** Requests at the same time: enough to keep an emulated region busy while the pipeline uses it, too. */
const PARALLEL_UPLOADS = 16;

export interface UploadRecord {
  readonly objects: readonly UploadedObject[];
  /** Versions that were overwritten before the end. */
  readonly drafts: readonly UploadedVersion[];
}

/**
 * Uploads everything. Objects with a draft get that first and their own bytes when all others are uploaded, when the
 * pipeline is already at work on the drafts.
 */
export async function uploadObjects(
  place: ObjectPlace,
  planned: readonly DemoObject[],
  onUploaded: (version: UploadedVersion) => void,
): Promise<UploadRecord> {
  const turns = pLimit(PARALLEL_UPLOADS);
  const upload = async (object: DemoObject, body: DemoObject['body']): Promise<UploadedVersion> => {
    const version = await putObject(place, object.key, body, object.dress);
    onUploaded(version);
    return version;
  };
  const uploadFinal = async (object: DemoObject): Promise<UploadedObject> => ({
    ...(await upload(object, object.body)),
    dress: object.dress,
  });
  const rewritten = planned.filter(({ draft }) => draft !== undefined);
  const drafts = turns.map(rewritten, (object) =>
    upload(object, { kind: 'bytes', bytes: object.draft ?? new Uint8Array() }),
  );
  const written = turns.map(
    planned.filter(({ draft }) => draft === undefined),
    uploadFinal,
  );
  const [versions, first] = await Promise.all([drafts, written]);
  return { drafts: versions, objects: [...first, ...(await turns.map(rewritten, uploadFinal))] };
}
