import { expect, test } from '@jest/globals';
import { readResult, replaceResults } from '../../benchmark/results-document.ts';
import { atMost, completeRow } from '../../benchmark/row.ts';

const ROWS = [
  completeRow(
    { name: 'pack', title: 'pack', unit: 'seconds', floorIs: 'zstd -d | tar x', goal: atMost(1.2, 'ratio') },
    { measured: 3, floor: 2, ratio: 1.5, remark: 'CPU 5 s' },
  ),
  completeRow({ name: 'pack-more', title: 'more', unit: 'objects/s' }, { measured: 5000 }),
];
const RUN = { machine: '2 x CPU', date: new Date('2026-11-29T12:00:00Z'), seconds: 432 };

test('the table of a run replaces the previous one, and its rows are found by name', () => {
  const document = 'before\n<!-- results -->\nold | table\n<!-- end -->\nafter\n';
  const written = replaceResults(document, ROWS, RUN);
  expect(written).toBe(`before
<!-- results -->

2 x CPU, 2026-11-29, one run of \`npm run bench -- --write\` (7 min).

| row | what | measured | floor | ratio | goal | met | remark |
| --- | --- | --- | --- | --- | --- | --- | --- |
| pack | pack | 3.00 s | 2.00 s | 1.5000x | <= 1.2x | **no** | floor: zstd -d \\| tar x; CPU 5 s |
| pack-more | more | 5,000/s |  |  |  |  |  |

<!-- end -->
after
`);
  expect(replaceResults(written, ROWS, RUN)).toBe(written);
  expect(readResult(written, 'pack')).toContain('3.00 s');
  expect(readResult(written, 'pack-more')).toContain('5,000/s');
});

test('a document without markers for the table is refused', () => {
  expect(() => replaceResults('nothing', ROWS, RUN)).toThrow('has no <!-- results -->');
  expect(() => readResult('nothing', 'pack')).toThrow('has no row pack');
});
