/** Default targets: the one of these two that is not the source. */
const USUAL_TARGETS = ['us-west-2', 'us-east-1'] as const;

/** The requested target regions, without duplicates; one default region if there are none. */
export function chooseTargets(named: readonly string[] | undefined, from: string): readonly string[] {
  return named === undefined
    ? [USUAL_TARGETS.find((usual) => usual !== from) ?? USUAL_TARGETS[0]]
    : [...new Set(named)];
}
