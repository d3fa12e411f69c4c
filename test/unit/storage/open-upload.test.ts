import { expect, test } from '@jest/globals';
import { UnavailableStorageError, UploadGoneError } from '../../../src/storage/errors.ts';
import { openUpload } from '../../../src/storage/open-upload.ts';

const failing = (error: Error) => ({ resumeUpload: () => Promise.reject(error) });

test('an upload is gone only where S3 says so: one that cannot be asked for now is not begun from scratch', async () => {
  const place = { bucket: 'b', key: 'k' };
  expect(await openUpload(failing(new UploadGoneError('gone')), place, 'id')).toBeUndefined();
  await expect(openUpload(failing(new UnavailableStorageError('503')), place, 'id')).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  });
});
