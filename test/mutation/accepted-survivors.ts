import { z } from 'zod';

/** A mutant that no test notices, and why that is right. */
const survivor = z.strictObject({ file: z.string(), change: z.string(), reason: z.string().min(10) });
export type Survivor = z.infer<typeof survivor>;

/** @throws z.ZodError when the list is not one */
export function parseSurvivors(text: string): readonly Survivor[] {
  return z.array(survivor).parse(JSON.parse(text));
}

export function isAccepted(survivors: readonly Survivor[], file: string, change: string): boolean {
  return survivors.some((one) => one.file === file && one.change === change);
}
