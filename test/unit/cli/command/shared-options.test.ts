import { describe, expect, test } from '@jest/globals';
import type { CommandContext } from '../../../../src/cli/command/cli-command.ts';
import { readHelp } from '../../../../src/cli/command/completion.ts';
import { helpOf } from '../../../../src/cli/command/run-cli.ts';
import { useProfile } from '../../../../src/cli/command/use-profile.ts';
import { COMMANDS } from '../../../../src/cli/commands.ts';

const CONTEXT: CommandContext = {
  program: 's3xrc',
  signal: new AbortController().signal,
  print: () => Promise.resolve(),
  note: () => undefined,
};

/** The form of an option in every command, and the beginning of its explanation. */
const SHARED: Readonly<Record<string, { readonly flags: RegExp; readonly says: RegExp }>> = {
  '--region': { flags: /^--region <region(\.\.\.)?>$/, says: /region/ },
  '--profile': { flags: /^--profile <name>$/, says: /^AWS profile$/ },
  '--configuration': {
    flags: /^--configuration <folder>$/,
    says: /^folder of the configuration files \(default: the project's\)$/,
  },
  '--json': { flags: /^--json( \[file\])?$/, says: /^print (a )?JSON/ },
  '--yes': { flags: /^--yes$/, says: /^do not ask for confirmation$/ },
  '--dry-run': { flags: /^--dry-run$/, says: /^(only )?show/ },
};

/** The commands without an option, and the reason. All others have it. */
const WITHOUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '--region': {
    configure: 'writes files',
    invoke: 'is local',
    backfill: 'the rule has a region',
    verify: 'the rule has a region',
    resend: 'the region is an argument',
  },
  '--profile': { configure: 'writes files', invoke: 'is local' },
  '--configuration': {
    invoke: "runs the project's",
    archive: 'reads any archive',
  },
  '--json': {
    deploy: 'prints what the SAM CLI prints',
    remove: 'prints what it does',
    invoke: 'prints the answer unchanged',
    'dead-letters redrive': 'prints what it does',
    'dead-letters discard': 'prints what it does',
    'archive cat': 'prints bytes',
    'archive extract': 'writes files',
  },
};

interface DescribedOption {
  readonly command: string;
  readonly name: string;
  readonly flags: string;
  readonly says: string;
}

/** Options as a help text lists them; an explanation may have several lines. */
function optionsOf(command: string, help: string): DescribedOption[] {
  const [, options = ''] = /^Options:\n((?:^ .*\n?)+)/m.exec(help) ?? [];
  return options
    .replaceAll(/\n {4,}/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, flags = '', says = ''] = /^ {2}(?:-\w, )?(--\S+(?: [<[]\S+)?) +(.*)$/.exec(line) ?? [];
      return flags === '' ? [] : [{ command, name: flags.replace(/ .*/, ''), flags, says }];
    });
}

/** Every command that can run: subcommands instead of the command that has them. */
async function readCommands(): Promise<{ readonly name: string; readonly options: readonly DescribedOption[] }[]> {
  const found: { name: string; options: DescribedOption[] }[] = [];
  for (const command of COMMANDS) {
    const help = await helpOf(command, [], CONTEXT);
    const { subcommands } = readHelp(help);
    if (subcommands.length === 0) found.push({ name: command.name, options: optionsOf(command.name, help) });
    for (const subcommand of subcommands) {
      const name = `${command.name} ${subcommand}`;
      found.push({ name, options: optionsOf(name, await helpOf(command, [subcommand], CONTEXT)) });
    }
  }
  return found;
}

describe('options that several commands have', () => {
  test('look the same everywhere', async () => {
    const options = (await readCommands()).flatMap((command) => command.options);
    expect(options.length).toBeGreaterThan(100);
    const odd = options.filter(({ name, flags, says }) => {
      const shared = SHARED[name];
      return shared !== undefined && !(shared.flags.test(flags) && shared.says.test(says));
    });
    expect(odd).toEqual([]);
  });

  test.each(Object.keys(WITHOUT))('exist in every command that can use them: %s', async (option) => {
    const exceptions = Object.keys(WITHOUT[option] ?? {});
    const commands = await readCommands();
    const without = commands.filter(({ options }) => !options.some(({ name }) => name === option));
    const expected = commands.filter(({ name }) =>
      exceptions.some((exception) => name === exception || name.startsWith(`${exception} `)),
    );
    expect(without.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
  });
});

test('no command uses the current folder as the configuration if the variable of the path is not set', async () => {
  const commands = (await readCommands()).filter(({ options }) =>
    options.some(({ name }) => name === '--configuration'),
  );
  expect(commands.length).toBeGreaterThan(8);
  for (const { name } of commands) {
    const [first = '', ...rest] = name.split(' ');
    const run = await COMMANDS.find((command) => command.name === first)?.load();
    await expect(run?.([...rest, '--configuration', ''], CONTEXT)).rejects.toThrow(
      /--configuration.*A path must not be empty/s,
    );
  }
});

describe('a profile', () => {
  test('named in an option wins over credentials in the environment, also in child processes', () => {
    const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't', HOME: '/home' };
    useProfile('operator', environment);
    expect(environment).toEqual({ AWS_PROFILE: 'operator', HOME: '/home' });
  });

  test('comes from the environment if none is named', () => {
    const environment = { AWS_PROFILE: 'other', AWS_ACCESS_KEY_ID: 'a' };
    useProfile(undefined, environment);
    expect(environment).toEqual({ AWS_PROFILE: 'other', AWS_ACCESS_KEY_ID: 'a' });
  });
});
