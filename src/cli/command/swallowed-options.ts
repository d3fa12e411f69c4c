import type { Command } from 'commander';
import { DeployInputError } from './errors.ts';

/** npm's value for a flag without a value. */
const FLAG = 'true';
/** npm always sets these, so their presence means nothing. */
const SET_BY_NPM: ReadonlySet<string | undefined> = new Set(['--prefix']);

/**
 * Refuses to run if npm has consumed options. From `npm run remove --region=us-east-1 -- --yes`, npm passes on only
 * `--yes`; it treats everything before `--` as its own settings, which appear as `npm_config_region` in the
 * environment.
 * @param args the arguments that were passed on
 * @param environment of the process
 * @throws DeployInputError with the correct command line
 */
export function refuseSwallowedOptions(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const script = environment['npm_lifecycle_event'];
  // npm 10 uses the long name of the command. Under `npm test`, for example, the options that npm consumed were meant
  // for the test.
  if (script === undefined || !['run', 'run-script'].includes(environment['npm_command'] ?? '')) return;
  const kept = command.options.flatMap(({ long }) => {
    const value = environment[variableOf(long ?? '')];
    // npm sets flags that are off to an empty value.
    return long === undefined || SET_BY_NPM.has(long) || value === undefined || value === '' ? [] : [{ long, value }];
  });
  if (kept.length === 0) return;
  const options = kept.map(({ long, value }) => (value === FLAG ? long : `${long} ${value}`));
  const names = kept.map(({ long }) => long).join(', ');
  throw new DeployInputError(
    `npm took ${names} for itself, because options must come after "--". Nothing was done. Run this instead:\n` +
      `  npm run ${script} -- ${[...options, ...args].join(' ')}`,
    { context: { options: names } },
  );
}

function variableOf(option: string): string {
  return `npm_config_${option.slice('--'.length).replaceAll('-', '_')}`;
}
