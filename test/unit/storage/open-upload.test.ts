import { expect, test } from '@jest/globals';
import { UnavailableStorageError, UploadGoneError } from '../../../src/storage/errors.ts';
import { openUpload } from '../../../src/storage/open-upload.ts';

const failing = (error: Error) => ({ resumeUpload: () => Promise.reject(error) });

test('an upload is gone only if S3 says so: one that cannot be read now is not started over', async () => {
  const place = { bucket: 'b', key: 'k' };
  expect(await openUpload(failing(new UploadGoneError('gone')), place, 'id')).toBeUndefined();
  await expect(openUpload(failing(new UnavailableStorageError('503')), place, 'id')).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  });
});
