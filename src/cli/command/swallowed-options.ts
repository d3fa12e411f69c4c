import type { Command } from 'commander';
import { DeployInputError } from './errors.ts';

/** What npm says of a flag without a value. */
const FLAG = 'true';
/** npm sets these in any case, so that their presence says nothing. */
const SET_BY_NPM: ReadonlySet<string | undefined> = new Set(['--prefix']);

/**
 * Refuses to run when npm has kept options for itself. Of `npm run remove --region=us-east-1 -- --yes` npm passes on `--yes` only; what
 * precedes `--` it takes for settings of its own, which show up as `npm_config_region` in the environment.
 * @param args what has been passed on
 * @param environment of the process
 * @throws DeployInputError with the line that does what was meant
 */
export function refuseSwallowedOptions(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const script = environment['npm_lifecycle_event'];
  // npm 10 names the command by its long name. Under `npm test`, say, what npm has kept was meant for the test.
  if (script === undefined || !['run', 'run-script'].includes(environment['npm_command'] ?? '')) return;
  const kept = command.options.flatMap(({ long }) => {
    const value = environment[variableOf(long ?? '')];
    // npm tells of flags that are off by an empty value.
    return long === undefined || SET_BY_NPM.has(long) || value === undefined || value === '' ? [] : [{ long, value }];
  });
  if (kept.length === 0) return;
  const options = kept.map(({ long, value }) => (value === FLAG ? long : `${long} ${value}`));
  const names = kept.map(({ long }) => long).join(', ');
  throw new DeployInputError(
    `npm has kept ${names} for itself, because options come after "--". Nothing was done. The right line is:\n` +
      `  npm run ${script} -- ${[...options, ...args].join(' ')}`,
    { context: { options: names } },
  );
}

function variableOf(option: string): string {
  return `npm_config_${option.slice('--'.length).replaceAll('-', '_')}`;
}
