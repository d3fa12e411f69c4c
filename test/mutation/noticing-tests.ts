import { basename } from 'node:path';
import type { TestId } from './conversation.ts';

/** Weight of a test that has noticed nothing yet: a fast one comes before a slow one that has noticed little. */
const FIRST_CHANCE = 0.05;

/**
 * Which tests have noticed mutants of a file: they are likely to notice its next mutant. Most mutants fail the
 * first test, which makes the difference between hours and a day.
 */
export class NoticingTests {
  readonly #noticed = new Map<string, number>();

  note(source: string, test: TestId): void {
    const key = keyOf(source, test);
    this.#noticed.set(key, this.count(source, test) + 1);
  }

  /** Mutants of the file that the test has noticed. */
  count(source: string, test: TestId): number {
    return this.#noticed.get(keyOf(source, test)) ?? 0;
  }

  /** Tests that notice the most mutants per time come first; the test with the file's name gets one extra. */
  order(source: string, tests: readonly TestId[]): readonly TestId[] {
    const own = basename(source).replace(/\.ts$/, '.test.ts');
    const cost = (test: TestId): number => {
      const likely = this.count(source, test) + (basename(test.file) === own ? 1 : 0) + FIRST_CHANCE;
      return (test.milliseconds + 1) / likely;
    };
    return tests.toSorted((one, two) => cost(one) - cost(two));
  }

  /**
   * As many tests as fit: `seconds` for those that have noticed something in the file, and `seconds` for the others.
   */
  within(source: string, tests: readonly TestId[], seconds: number): readonly TestId[] {
    const left = { noticing: seconds * 1000, others: seconds * 1000 };
    return this.order(source, tests).filter((test, index) => {
      const kind = this.count(source, test) > 0 ? 'noticing' : 'others';
      left[kind] -= test.milliseconds;
      return index === 0 || left[kind] >= 0;
    });
  }
}

/** The tests of the first files: loading a file takes longer than most of its tests. */
export function ofFirstFiles(tests: readonly TestId[], count: number): readonly TestId[] {
  const files = new Set([...new Set(tests.map(({ file }) => file))].slice(0, count));
  return tests.filter(({ file }) => files.has(file));
}

function keyOf(source: string, { file, index }: TestId): string {
  return `${source} ${file} ${index}`;
}
