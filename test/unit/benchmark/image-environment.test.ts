import { expect, test } from '@jest/globals';
import { imageEnvironment } from '../../benchmark/image-environment.ts';

test('samples start as the image does, with its bounds of memory', () => {
  expect(imageEnvironment()).toEqual({
    NODE_OPTIONS: '--max-semi-space-size=8',
    MALLOC_ARENA_MAX: '2',
    MALLOC_TRIM_THRESHOLD_: '131072',
  });
});
