import * as z from 'zod';
import type { Mutant } from './find-mutants.ts';

/** A mutant that no test notices, and why that is acceptable. */
const survivor = z.strictObject({
  file: z.string(),
  /** The function that contains it, as in `Mutant.within`. */
  within: z.string(),
  change: z.string(),
  /** Which of several equal changes in the function. */
  nth: z.int().min(1).default(1),
  reason: z.string().min(10),
});
export type Survivor = z.infer<typeof survivor>;

/** @throws z.ZodError if the list is invalid */
export function parseSurvivors(text: string): readonly Survivor[] {
  return z.array(survivor).parse(JSON.parse(text));
}

export function isAccepted(survivors: readonly Survivor[], file: string, mutant: Mutant): boolean {
  return survivors.some((one) => one.file === file && isSame(one, mutant));
}

/** Entries without a matching mutant in their file: the code has changed, and the reason may no longer apply. */
export function findStale(
  survivors: readonly Survivor[],
  mutantsOf: (file: string) => readonly Mutant[],
): readonly Survivor[] {
  return survivors.filter((one) => !mutantsOf(one.file).some((mutant) => isSame(one, mutant)));
}

function isSame({ within, change, nth }: Survivor, mutant: Mutant): boolean {
  return within === mutant.within && change === mutant.change && nth === mutant.nth;
}
