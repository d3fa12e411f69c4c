import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { CliCommand, CommandContext } from '../../../../src/cli/command/cli-command.ts';
import { UsageError } from '../../../../src/cli/command/errors.ts';
import { renderReference } from '../../../../src/cli/command/render-reference.ts';
import { runCli } from '../../../../src/cli/command/run-cli.ts';
import { COMMANDS } from '../../../../src/cli/commands.ts';
import { CompressorError } from '../../../../src/errors.ts';
import { expectCurrent } from '../../../support/expect-current.ts';

interface Recorded extends CommandContext {
  readonly out: string[];
  readonly err: string[];
}

function record(signal = new AbortController().signal): Recorded {
  const out: string[] = [];
  const err: string[] = [];
  return {
    program: 's3xrc',
    signal,
    out,
    err,
    print: (data) => {
      out.push(String(data));
      return Promise.resolve();
    },
    note: (text) => {
      err.push(text);
    },
  };
}

function commandThat(run: () => Promise<number>): CliCommand {
  return { name: 'work', summary: 'Work', examples: ['work', 'work hard'], load: () => Promise.resolve(run) };
}

class BrokenError extends CompressorError {
  readonly code = 'BROKEN';
  readonly retryable = false;
}

describe('s3xrc', () => {
  test.each([[[]], [['help']], [['--help']], [['-h']]])('lists its commands for %j', async (args) => {
    const context = record();
    expect(await runCli(args, COMMANDS, context)).toBe(0);
    for (const { name, summary } of COMMANDS) expect(context.out.join('')).toMatch(new RegExp(`  ${name} +${summary}`));
  });

  test.each(['--version', '-V', 'version'])('prints its version for %s', async (flag) => {
    const context = record();
    expect(await runCli([flag], COMMANDS, context)).toBe(0);
    expect(context.out.join('')).toMatch(/^s3xrc \d+\.\d+\.\d+\n$/);
  });

  test.each(COMMANDS.map(({ name, examples }) => [name, examples] as const))(
    'explains %s with two examples, for both ways to ask for help',
    async (name, examples) => {
      const help = record();
      const flag = record();
      expect(await runCli(['help', name], COMMANDS, help)).toBe(0);
      expect(await runCli([name, '--help'], COMMANDS, flag)).toBe(0);
      expect(help.out.join('')).toBe(flag.out.join(''));
      expect(help.out.join('')).toContain('Options:');
      for (const example of examples) expect(help.out.join('')).toContain(`s3xrc ${example}`);
    },
  );

  test('names the closest command and exits with 2', async () => {
    const context = record();
    expect(await runCli(['arhcive', 'ls'], COMMANDS, context)).toBe(2);
    expect(context.err).toEqual(['error: unknown command "arhcive"; did you mean "archive"?', 'Try: s3xrc help']);
  });

  test('says where to look after a usage error', async () => {
    const context = record();
    const command = commandThat(() => Promise.reject(new UsageError('no such thing')));
    expect(await runCli(['work'], [command], context)).toBe(2);
    expect(context.err).toEqual(['error: no such thing', 'Try: s3xrc work --help']);
  });

  test('exits with 1 and prints one line if the work fails', async () => {
    const context = record();
    expect(await runCli(['work'], [commandThat(() => Promise.reject(new BrokenError('it broke')))], context)).toBe(1);
    expect(context.err).toEqual(['error: it broke']);
  });

  test('exits with 130 and prints nothing about what Ctrl-C interrupted', async () => {
    const ended = new AbortController();
    const context = record(ended.signal);
    const command = commandThat(() => {
      ended.abort();
      return Promise.reject(new BrokenError('it broke'));
    });
    expect(await runCli(['work'], [command], context)).toBe(130);
    expect(context.err).toEqual([]);
  });
});

describe('docs/commands.md', () => {
  test('matches what the commands print', async () => {
    const text = readFileSync(new URL('../../../../docs/commands.md', import.meta.url), 'utf8');
    expectCurrent(text, await renderReference(COMMANDS, record()), 'npm run commands:document');
  });
});
