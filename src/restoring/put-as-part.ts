import { asCompressorError } from '../errors.ts';
import type { PutRequest, WrittenVersion } from '../storage/object-store.ts';
import type { RestoreRun } from './dependencies.ts';

/**
 * Puts a whole object as an upload of a single part: three requests, and an ETag that differs from the one of the same
 * bytes in one PUT. Writes that have checked the key before, and are about to overwrite what they saw, then get a 412
 * and check again.
 * @throws the errors of the storage port
 */
export async function putAsPart(
  { body, crc32, condition, signal, ...target }: PutRequest,
  { store, telemetry }: Pick<RestoreRun, 'store' | 'telemetry'>,
): Promise<WrittenVersion> {
  const upload = await store.createUpload(target, signal);
  try {
    await upload.uploadPart(1, body, crc32);
    return await upload.complete({ crc32, size: body.length, condition, lastPart: 1 });
  } catch (thrown) {
    // The reason for the failure matters more than a remaining part.
    await upload.abort().catch((left: unknown) => {
      telemetry.objectFailed(target, asCompressorError(left));
    });
    throw thrown;
  }
}
