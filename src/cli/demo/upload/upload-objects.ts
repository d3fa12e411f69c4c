import { tmpdir } from 'node:os';
import { S3ServiceException } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { DemoFailedError, SourceChangedError } from '../errors.ts';
import type { DemoObject } from '../input/planned-object.ts';
import type { SkippedEntry } from '../input/walk-folder.ts';
import { type ObjectPlace, putObject } from './put-object.ts';
import type { UploadedObject, UploadedVersion } from './uploaded-object.ts';

/** Requests at the same time: enough to keep an emulated region busy while the pipeline uses it, too. */
const PARALLEL_UPLOADS = 16;

export interface UploadRecord {
  readonly objects: readonly UploadedObject[];
  /** Versions that were overwritten before the end. */
  readonly drafts: readonly UploadedVersion[];
  /** What changed while it was read, and is not in the source bucket. */
  readonly skipped: readonly SkippedEntry[];
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
  const skipped: SkippedEntry[] = [];
  const upload = async (object: DemoObject, body: DemoObject['body']): Promise<UploadedVersion> => {
    try {
      const version = await putObject(place, object.key, body, object.dress);
      onUploaded(version);
      return version;
    } catch (thrown) {
      throw isServerFailure(thrown) ? notStored(object.key, thrown) : thrown;
    }
  };
  const uploadFinal = async (object: DemoObject): Promise<UploadedObject[]> => {
    try {
      return [{ ...(await upload(object, object.body)), dress: object.dress }];
    } catch (thrown) {
      if (!(thrown instanceof SourceChangedError)) throw thrown;
      skipped.push({ relativePath: object.key, reason: thrown.message });
      return [];
    }
  };
  /** An object whose own bytes cannot be had is its draft in the end. */
  const overwrite = async (object: DemoObject, draft: UploadedVersion): Promise<Partial<UploadRecord>> => {
    const objects = await uploadFinal(object);
    return objects.length > 0 ? { objects, drafts: [draft] } : { objects: [{ ...draft, dress: object.dress }] };
  };
  const rewritten = planned.filter(({ draft }) => draft !== undefined);
  const drafting = turns.map(rewritten, async (object) => ({
    object,
    draft: await upload(object, { kind: 'bytes', bytes: object.draft ?? new Uint8Array() }),
  }));
  const writing = turns.map(
    planned.filter(({ draft }) => draft === undefined),
    uploadFinal,
  );
  const [drafted, written] = await Promise.all([drafting, writing]);
  const overwritten = await turns.map(drafted, ({ object, draft }) => overwrite(object, draft));
  return {
    objects: [...written.flat(), ...overwritten.flatMap(({ objects = [] }) => objects)],
    drafts: overwritten.flatMap(({ drafts = [] }) => drafts),
    skipped,
  };
}

function isServerFailure(thrown: unknown): boolean {
  return thrown instanceof S3ServiceException && (thrown.$metadata.httpStatusCode ?? 0) >= 500;
}

/** The local server has little to fail of, and does not say what. */
function notStored(key: string, cause: unknown): DemoFailedError {
  const message = `The emulated region could not store ${JSON.stringify(key)}. It keeps large objects in ${tmpdir()}: is there room?`;
  return new DemoFailedError(message, { context: { key }, cause });
}
