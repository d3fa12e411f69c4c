import { expect, test } from '@jest/globals';
import { runBackfillCommand } from '../../../../src/cli/backfill/run-backfill-command.ts';
import type { CommandContext } from '../../../../src/cli/command/cli-command.ts';
import { runVerifyCommand } from '../../../../src/cli/verify/run-verify-command.ts';

const context = {
  program: 's3xrc',
  signal: new AbortController().signal,
  note: () => undefined,
  print: () => Promise.resolve(),
} as unknown as CommandContext;

const REFUSED: readonly (readonly [args: string, says: RegExp])[] = [
  ['--max-bytes-per-hour 0', /must be above 0/],
  ['--since 2026-11-24 --until 2026-11-23', /--since must be before --until/],
  ['--min-size 2MB --max-size 1MB', /--min-size must not be above --max-size/],
  ['--resume --restart', /--resume and --restart cannot be used together/],
  ['--resume --prefix in/', /--prefix cannot be used with --resume/],
  ['--resume --max-size 1MB', /--max-size cannot be used with --resume/],
];
const COMMANDS = { backfill: runBackfillCommand, verify: runVerifyCommand };

test.each(REFUSED)('backfill and verify refuse %s before they open anything', async (args, says) => {
  for (const run of Object.values(COMMANDS)) {
    const refused = run(['rule', ...args.split(' ')], context, () => {
      throw new TypeError('opened');
    });
    await expect(refused).rejects.toMatchObject({ retryable: false });
    await expect(refused).rejects.toThrow(says);
  }
});
