import type { TestId, Verdict } from './conversation.ts';
import type { Mutant } from './find-mutants.ts';
import { appendJsonLine, readJsonLines } from './json-lines.ts';
import type { MutatedFile } from './mutated-rooms.ts';

/** The result for a mutant. */
export interface Result {
  /** Refused: no test has noticed it, but it does not compile. */
  readonly verdict: Exclude<Verdict['kind'], 'spoiled'> | 'refused';
  readonly by?: TestId;
  /** How many tests reach it. */
  readonly tests: number;
  /** Duration of the tests that it was tried with; absent: all tests. */
  readonly seconds?: number;
}

interface Line extends Result {
  readonly key: string;
}

/**
 * Results that outlive the process: one line per mutant, written as soon as it is known, so that an interrupted run can
 * be resumed. A result is valid while the text of its file stays the same. A mutant that was not noticed is tried again
 * if the number of tests that reach it changes, or if a longer test time is requested.
 */
export class Results {
  readonly #path: string;
  readonly #known: Map<string, Result>;

  private constructor(path: string, known: Map<string, Result>) {
    this.#path = path;
    this.#known = known;
  }

  static async open(path: string): Promise<Results> {
    const lines = await readJsonLines<Line>(path);
    return new Results(path, new Map(lines.map((line) => [line.key, line])));
  }

  /** @param asked how many tests reach the mutant now, and the seconds of test time requested for it */
  find(file: MutatedFile, mutant: Mutant, asked: Pick<Required<Result>, 'tests' | 'seconds'>): Result | undefined {
    const known = this.#known.get(keyOf(file, mutant));
    if (known?.verdict !== 'unnoticed') return known;
    const { tests, seconds = Number.POSITIVE_INFINITY } = known;
    return tests === asked.tests && seconds >= asked.seconds ? known : undefined;
  }

  async add(file: MutatedFile, mutant: Mutant, result: Result): Promise<void> {
    const key = keyOf(file, mutant);
    this.#known.set(key, result);
    await appendJsonLine(this.#path, { key, ...result } satisfies Line);
  }
}

function keyOf({ file, digest }: MutatedFile, { start, end, change }: Mutant): string {
  return `${file} ${digest} ${start}-${end} ${change}`;
}
