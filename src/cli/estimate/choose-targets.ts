/** Of these two, the one that is not the source is the target of who names none. */
const USUAL_TARGETS = ['us-west-2', 'us-east-1'] as const;

/** The target regions that were named, each once; one usual region if none was. */
export function chooseTargets(named: readonly string[] | undefined, from: string): readonly string[] {
  return named === undefined
    ? [USUAL_TARGETS.find((usual) => usual !== from) ?? USUAL_TARGETS[0]]
    : [...new Set(named)];
}
