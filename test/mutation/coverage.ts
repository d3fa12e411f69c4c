import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileCoverage, TestId } from './conversation.ts';
import { appendJsonLine, readJsonLines } from './json-lines.ts';
import type { MutatedFile } from './mutated-rooms.ts';
import { shareOut } from './share-out.ts';
import type { TestHost } from './test-host.ts';

/** Tests of the mutated folders, and of the code on top of them. */
const TESTS = 'test/{unit,property}/{messages,packing,restoring,storage,worker,resend,aws}/**/*.test.ts';

/**
 * Finds which test reaches which mutants by running all tests once without any. Reads the result from a file if neither
 * tests nor mutated files have changed since.
 *
 * @param rooms a digest of all files that have mutants
 * @throws Error if a test fails without a mutant: then it cannot show anything
 */
export async function coverTests(
  hosts: readonly TestHost[],
  { path, rooms, tell }: { readonly path: string; readonly rooms: string; readonly tell: (line: string) => void },
): Promise<readonly FileCoverage[]> {
  const files = globSync(TESTS).toSorted();
  const known = await readJsonLines<Known>(path);
  const covered = new Map<string, FileCoverage>();
  await shareOut(hosts, files, async (host, file) => {
    const digest = createHash('sha256')
      .update(rooms)
      .update(await readFile(file))
      .digest('hex');
    const same = known.find((entry) => entry.digest === digest && entry.coverage.file === file);
    const coverage = same?.coverage ?? (await host.cover(file));
    refuseFailures(coverage);
    covered.set(file, coverage);
    if (same !== undefined) return;
    tell(`${file}: ${coverage.tests.length} tests`);
    await appendJsonLine(path, { digest, coverage } satisfies Known);
  });
  return files.flatMap((file) => covered.get(file) ?? []);
}

/** Which tests may notice a mutant. */
export class ReachingTests {
  readonly #reaching = new Map<number, TestId[]>();
  readonly #imported: ReadonlySet<number>;
  readonly #all: readonly TestId[];

  constructor(coverage: readonly FileCoverage[]) {
    this.#imported = new Set(coverage.flatMap(({ imported }) => imported));
    const reached = coverage.flatMap(({ file, tests }) =>
      tests.map(({ milliseconds, mutants }, index) => ({ id: { file, index, milliseconds }, mutants })),
    );
    this.#all = reached.map(({ id }) => id);
    for (const { id, mutants } of reached) {
      for (const mutant of mutants) this.#reaching.set(mutant, [...(this.#reaching.get(mutant) ?? []), id]);
    }
  }

  /** True for a mutant that loading its file reaches: it must take effect before that. */
  isImported(mutant: number): boolean {
    return this.#imported.has(mutant);
  }

  /**
   * For a mutant that is reached by loading, the tests that reach another one in its file; if there is none (a file of
   * constants), those of its folder.
   */
  of(mutant: number, { file, first, mutants }: MutatedFile): readonly TestId[] {
    if (!this.isImported(mutant)) return this.#reaching.get(mutant) ?? [];
    const others = new Set(mutants.flatMap((_, index) => this.#reaching.get(first + index) ?? []));
    const room = `/${dirname(file).slice('src/'.length)}/`;
    return others.size > 0 ? [...others] : this.#all.filter((test) => test.file.includes(room));
  }
}

function refuseFailures({ file, tests }: FileCoverage): void {
  const failed = tests.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return;
  const list = failed.map(({ name, failure }) => `  ${name}: ${failure ?? ''}`).join('\n');
  throw new Error(`Tests of ${file} fail without a mutant:\n${list}`);
}

interface Known {
  readonly digest: string;
  readonly coverage: FileCoverage;
}
