import * as z from 'zod';
import type { Mutant } from './find-mutants.ts';

/** A mutant that no test notices, and why that is right. */
const survivor = z.strictObject({
  file: z.string(),
  /** The function it is in, as `Mutant.within`. */
  within: z.string(),
  change: z.string(),
  /** Which of several equal changes of the function. */
  nth: z.int().min(1).default(1),
  reason: z.string().min(10),
});
export type Survivor = z.infer<typeof survivor>;

/** @throws z.ZodError when the list is not one */
export function parseSurvivors(text: string): readonly Survivor[] {
  return z.array(survivor).parse(JSON.parse(text));
}

export function isAccepted(survivors: readonly Survivor[], file: string, mutant: Mutant): boolean {
  return survivors.some((one) => one.file === file && isSame(one, mutant));
}

/** Those that no mutant of their file is: the code has changed, and the reason may hold no more. */
export function findStale(
  survivors: readonly Survivor[],
  mutantsOf: (file: string) => readonly Mutant[],
): readonly Survivor[] {
  return survivors.filter((one) => !mutantsOf(one.file).some((mutant) => isSame(one, mutant)));
}

function isSame({ within, change, nth }: Survivor, mutant: Mutant): boolean {
  return within === mutant.within && change === mutant.change && nth === mutant.nth;
}
