import { InvalidArgumentError, Option } from 'commander';
import { CONFIGURATION } from './deployment-files.ts';

/** Options that have the same meaning in all commands. */
export const sharedOptions = {
  /** @param what describes the region, such as `region of the bucket` */
  region: (what: string): Option => new Option('--region <region>', what),
  regions: (what: string): Option => new Option('--region <region...>', what),
  profile: (): Option => new Option('--profile <name>', 'AWS profile'),
  configuration: (): Option =>
    new Option('--configuration <folder>', 'folder of the configuration files')
      .default(CONFIGURATION, "the project's")
      .argParser(parsePath),
  yes: (): Option => new Option('--yes', 'do not ask for confirmation'),
  json: (what = 'print JSON'): Option => new Option('--json', what),
};

/**
 * An empty path would mean the current folder, but usually comes from an unset variable.
 * @throws InvalidArgumentError
 */
export function parsePath(text: string): string {
  if (text === '') throw new InvalidArgumentError('A path must not be empty.');
  return text;
}
