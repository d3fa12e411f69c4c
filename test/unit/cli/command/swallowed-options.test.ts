import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { refuseSwallowedOptions } from '../../../../src/cli/command/swallowed-options.ts';

const command = new Command('npm run remove --').option('--region <region...>').option('--yes').option('--dry-run');

function refusal(environment: Readonly<Record<string, string>>, args: readonly string[]): string | undefined {
  try {
    refuseSwallowedOptions(command, args, environment);
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/** Variables that npm 10 and 11 were observed to set. */
const NPM = { npm_lifecycle_event: 'remove', npm_command: 'run' };

describe('options that npm consumed itself', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[], string]>([
    ['with a value', { npm_config_region: 'us-east-1' }, ['--yes'], '--region us-east-1 --yes'],
    ['whose value was passed on', { npm_config_region: 'true' }, ['us-east-1', '--yes'], '--region us-east-1 --yes'],
    ['that npm also has', { npm_config_yes: 'true', npm_config_dry_run: 'true' }, [], '--yes --dry-run'],
    ['under npm 10', { npm_config_yes: 'true', npm_command: 'run-script' }, [], '--yes'],
  ])('%s are refused with the right command', (_, variables, args, line) => {
    expect(refusal({ ...NPM, ...variables }, args)).toMatch(new RegExp(`\\n  npm run remove -- ${line}$`));
  });

  test.each([
    ['nothing was kept', { ...NPM, npm_config_yes: '', npm_config_cache: '/home/me/.npm' }],
    ['npm was not asked to run this', { npm_config_region: 'us-east-1' }],
    ['they were for another command', { npm_lifecycle_event: 'test', npm_command: 'test', npm_config_yes: 'true' }],
  ])('are not searched for when %s', (_, environment) => {
    expect(refusal(environment, ['--yes'])).toBeUndefined();
  });
});
