import { expect, test } from '@jest/globals';
import { imageEnvironment } from '../../benchmark/image-environment.ts';

test('samples start like the image, with its memory limits', () => {
  expect(imageEnvironment()).toEqual({
    NODE_OPTIONS: '--max-semi-space-size=8',
    MALLOC_ARENA_MAX: '2',
    MALLOC_TRIM_THRESHOLD_: '131072',
  });
});
