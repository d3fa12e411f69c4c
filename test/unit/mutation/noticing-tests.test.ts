import { expect, test } from '@jest/globals';
import { NoticingTests, ofFirstFiles } from '../../mutation/noticing-tests.ts';

const fast = { file: 'test/unit/packing/other.test.ts', index: 0, milliseconds: 5 };
const slow = { file: 'test/unit/packing/other.test.ts', index: 1, milliseconds: 900 };
const own = { file: 'test/unit/packing/a.test.ts', index: 0, milliseconds: 50 };
const SOURCE = 'src/packing/a.ts';

test('tests that notice the most for their run time come first, then tests of the file, then fast tests', () => {
  const noticing = new NoticingTests();
  expect(noticing.order(SOURCE, [slow, fast, own])).toEqual([own, fast, slow]);
  for (let count = 0; count < 40; count += 1) noticing.note(SOURCE, slow);
  expect(noticing.order(SOURCE, [slow, fast, own])).toEqual([slow, own, fast]);
  expect(noticing.order('src/packing/b.ts', [slow, fast, own])).toEqual([fast, own, slow]);
});

test('a budget leaves out slow tests but never the only one, and tests that have noticed something get the same budget again', () => {
  const noticing = new NoticingTests();
  expect(noticing.within(SOURCE, [slow, fast, own], 0.2)).toEqual([own, fast]);
  expect(noticing.within(SOURCE, [slow], 0.2)).toEqual([slow]);
  noticing.note(SOURCE, slow);
  expect(noticing.within(SOURCE, [slow, fast, own], 0.9)).toEqual([own, fast, slow]);
});

test('the tests of the first files are all tests in these files, in their order', () => {
  expect(ofFirstFiles([fast, own, slow], 1)).toEqual([fast, slow]);
  expect(ofFirstFiles([own, fast, slow], 2)).toEqual([own, fast, slow]);
});
