import { CompressorError } from '../../../errors.ts';
import { runBackfillCommand } from '../../backfill/run-backfill-command.ts';
import type { CommandContext } from '../../command/cli-command.ts';
import { runVerifyCommand } from '../../verify/run-verify-command.ts';
import { DemoFailedError } from '../errors.ts';
import type { EmulatedBackfill } from '../pipeline/pipeline.ts';
import { openDemoSession } from './demo-session.ts';

export interface ToolRun {
  readonly status: number;
  /** Its JSON output. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** Runs the unchanged `s3xrc backfill` and `s3xrc verify` in the emulated regions. */
export interface Tools {
  readonly backfill: (...flags: readonly string[]) => Promise<ToolRun>;
  readonly verify: (...flags: readonly string[]) => Promise<ToolRun>;
}

/** How often a command that failed because of injected faults is resumed. */
const RESUMES = 5;
const TOOLS = { backfill: runBackfillCommand, verify: runVerifyCommand };

/** @param context receives the notes of the commands */
export function openTools(
  rule: string,
  configuration: string,
  backfill: EmulatedBackfill,
  context: Pick<CommandContext, 'note' | 'signal'>,
): Tools {
  const run = async (name: keyof typeof TOOLS, flags: readonly string[]): Promise<ToolRun> => {
    let printed = '';
    const print = (data: string | Uint8Array): Promise<void> => {
      printed += typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
      return Promise.resolve();
    };
    context.note(`$ s3xrc ${[name, rule, ...flags].join(' ')}`);
    const shown = { ...context, print, program: 's3xrc' };
    for (let attempt = 0; ; attempt += 1) {
      const rest = attempt === 0 ? flags : [...withoutPrefix(flags), '--resume'];
      const args = [rule, '--configuration', configuration, '--json', ...rest];
      try {
        const status = await TOOLS[name](args, shown, (options) => openDemoSession(backfill, options));
        return { status, report: readReport(name, printed) };
      } catch (thrown) {
        if (!isRetryable(thrown) || attempt === RESUMES) throw thrown;
        context.note(`s3xrc ${name} ended: ${thrown.message}`);
      }
    }
  };
  return { backfill: (...flags) => run('backfill', flags), verify: (...flags) => run('verify', flags) };
}

/** An error that is marked as retryable, or a connection that broke in the middle of a response. */
function isRetryable(thrown: unknown): thrown is Error {
  if (thrown instanceof CompressorError) return thrown.retryable;
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNRESET';
}

/** An interrupted run keeps its filter, and is resumed without one. */
function withoutPrefix(flags: readonly string[]): readonly string[] {
  const at = flags.indexOf('--prefix');
  return at === -1 ? flags : flags.toSpliced(at, 2);
}

function readReport(name: string, printed: string): ToolRun['report'] {
  try {
    return JSON.parse(printed) as ToolRun['report'];
  } catch (cause) {
    throw new DemoFailedError(`s3xrc ${name} printed ${JSON.stringify(printed)} instead of a report`, { cause });
  }
}
