import { DeployInputError } from '../command/errors.ts';

/**
 * Whether a region was requested on the command line; without any, all are.
 * @throws DeployInputError for a region that settings.json does not have
 */
export function regionFilter(
  asked: readonly string[] | undefined,
  known: readonly string[],
): (region: string) => boolean {
  if (asked === undefined) return () => true;
  const unknown = asked.filter((region) => !known.includes(region));
  if (unknown.length > 0) {
    throw new DeployInputError(`${unknown.join(', ')}: not in enabled_regions, which lists ${known.join(', ')}.`, {
      context: { regions: unknown.join(', ') },
    });
  }
  return (region) => asked.includes(region);
}
