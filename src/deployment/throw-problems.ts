import type { CompressorError } from '../errors.ts';
import { UnusableBucketError } from './errors.ts';

/** Throws the problem, or all of them in one error, so that one deployment shows everything that must be fixed. */
export function throwProblems(found: readonly (CompressorError | undefined)[]): void {
  const problems = found.filter((problem) => problem !== undefined);
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw first;
  const lines = problems.map(({ message }, index) => `(${index + 1}) ${message}`);
  throw new UnusableBucketError(`${problems.length} problems: ${lines.join(' ')}`, {
    context: { problems: problems.length },
    cause: new AggregateError(problems),
  });
}
