import { open } from 'node:fs/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { Command } from 'commander';
import { loadConfiguration } from '../../configuration/load.ts';
import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { withMeter } from '../command/meter.ts';
import { formatCount, formatPlural } from '../command/numbers.ts';
import { integerBetween, parseAge } from '../command/parse-amounts.ts';
import { countMessagesAt } from '../command/queue-counts.ts';
import { delayAbort } from '../command/race-abort.ts';
import { runSubcommands } from '../command/run-subcommands.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { withFilePath } from '../command/with-file-path.ts';
import { regionFilter } from '../deploy/choose-regions.ts';
import { deleteLetters, redriveLetters } from './act-on-letters.ts';
import type { DeadLetterQueue, ReceivedLetter } from './dead-letter.ts';
import { createQueueClient, findDeadLetterQueues, receiveLetters, releaseLetters } from './queue-reader.ts';
import { readAdvice } from './read-advice.ts';
import { type LetterStyle, renderGroups, renderLetters } from './render-letters.ts';
import { groupLetters, type LetterFilter, matches, originOfLetter } from './select-letters.ts';

interface Flags extends LetterFilter {
  readonly configuration: string;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly limit: number;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly save?: string;
}

/** SQS's limit of in-flight messages per queue. */
const MAX_LETTERS = 100_000;

/**
 * `s3xrc dead-letters`: lists dead-lettered messages in all regions, redrives them, or discards them.
 * @returns for `list`: 1 if there are any, hidden ones included; otherwise 1 if some of the chosen messages remain
 * @throws UsageError, InvalidConfigurationError, DeadLetterError, and errors of SQS
 */
export async function runDeadLetters(args: readonly string[], context: CommandContext): Promise<number> {
  const command = new Command(`${context.program} dead-letters`).description(
    'List, redrive or discard dead-lettered messages. Listing and showing them changes nothing.',
  );
  let status = 0;
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('--code <code>', 'only this error code')
      .option('--prefix <prefix>', 'only keys that begin with this')
      .option('--older-than <age>', 'only messages older than this, such as 30m, 12h or 7d', parseAge)
      .option('--queue <name>', 'only this dead-letter queue')
      .option(
        '--limit <number>',
        'read at most this many messages per queue',
        integerBetween('A limit', 1, MAX_LETTERS),
        MAX_LETTERS,
      )
      .addOption(sharedOptions.regions('only these regions'))
      .addOption(sharedOptions.profile())
      .addOption(sharedOptions.configuration());
  add('list', 'List the messages by reason, and what to do about each reason')
    .addOption(sharedOptions.json())
    .action(async (flags: Flags) => {
      status = await list(flags, context);
    });
  add('show', 'Print each message with its body')
    .addOption(sharedOptions.json('print a JSON object per line'))
    .action(async (flags: Flags) => {
      await visit(flags, context, async ({ chosen }) => {
        await context.print(renderLetters(chosen, letterStyle(flags, context)));
        return [];
      });
    });
  add('redrive', 'Send each message back to the queue it came from')
    .option('--dry-run', 'only show what would be sent')
    .addOption(sharedOptions.yes())
    .action(async (flags: Flags) => {
      status = await act('redrive', flags, context);
    });
  add('discard', 'Delete the messages, after saving them to a file')
    .option('--dry-run', 'only show what would be deleted')
    .option('--save <file>', 'file to save the messages to (default: discarded-<time>.jsonl)')
    .addOption(sharedOptions.yes())
    .action(async (flags: Flags) => {
      status = await act('discard', flags, context);
    });
  await runSubcommands(command, args, context);
  return status;
}

/** Milliseconds after Ctrl-C for calls that keep messages from remaining hidden or in two queues. */
const LAST_CALLS_MS = 10_000;

interface Visited {
  readonly sqs: SQSClient;
  /** Aborts calls without a response after Ctrl-C. */
  readonly patience: AbortSignal;
  readonly queue: DeadLetterQueue;
  readonly chosen: readonly ReceivedLetter[];
  /** Messages that nobody can receive now, because another reader has them, or the response with them was lost. */
  readonly hidden: number;
}

/** Reads queue by queue; messages that `use` does not return as done are always made visible again afterwards. */
async function visit(
  flags: Flags,
  context: CommandContext,
  use: (visited: Visited) => Promise<readonly ReceivedLetter[]>,
): Promise<void> {
  const { signal } = context;
  const patience = delayAbort(signal, LAST_CALLS_MS);
  const configuration = await loadConfiguration(flags.configuration);
  const all = planRegions(configuration).map(({ region }) => region);
  const prefix = resourceNamePrefix(configuration.settings.stack_name);
  for (const region of all.filter(regionFilter(flags.region, all))) {
    const sqs = createQueueClient({ region, profile: flags.profile });
    try {
      for (const queue of await findDeadLetterQueues(sqs, region, prefix, signal)) {
        if (flags.queue !== undefined && queue.name !== flags.queue) continue;
        const letters = await withMeter(context, { what: queue.name, unit: 'messages read' }, (meter) =>
          receiveLetters(sqs, queue, flags.limit, { signal, patience, onRead: meter.reach }),
        );
        let done: readonly ReceivedLetter[] = [];
        try {
          signal.throwIfAborted();
          const hidden = await countHidden(sqs, queue, letters.length, signal);
          if (hidden > 0) context.note(describeHidden(queue, hidden));
          done = await use({
            sqs,
            queue,
            patience,
            hidden,
            chosen: letters.filter((letter) => matches(letter, flags, Date.now())),
          });
        } finally {
          const rest = letters.filter((letter) => !done.includes(letter));
          await releaseLetters(sqs, rest);
        }
      }
    } finally {
      sqs.destroy();
    }
  }
}

/** SQS's number is approximate for a minute after a change. */
async function countHidden(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  received: number,
  signal: AbortSignal,
): Promise<number> {
  try {
    return Math.max(0, (await countMessagesAt(sqs, queue.url, signal)).inWork - received);
  } catch {
    // A user who may read messages may lack the permission to count them.
    signal.throwIfAborted();
    return 0;
  }
}

function describeHidden({ name, region }: DeadLetterQueue, hidden: number): string {
  const what = hidden === 1 ? 'about 1 message is' : `about ${formatCount(hidden)} messages are`;
  return `${name} (${region}): ${what} hidden for up to an hour: another reader received them, or a response from SQS was lost. Check again later.`;
}

async function list(flags: Flags, context: CommandContext): Promise<number> {
  const found: ReceivedLetter[] = [];
  let unread = 0;
  await visit(flags, context, ({ chosen, hidden }) => {
    found.push(...chosen);
    unread += hidden;
    return Promise.resolve([]);
  });
  const groups = groupLetters(found, Date.now());
  await context.print(renderGroups(groups, await readAdvice(), letterStyle(flags, context)));
  return found.length + unread === 0 ? 0 : 1;
}

async function act(action: 'redrive' | 'discard', flags: Flags, context: CommandContext): Promise<number> {
  let left = 0;
  await visit(flags, context, async (visited) => {
    if (visited.chosen.length === 0) return [];
    const done = await (action === 'redrive' ? redrive : discard)(visited, flags, context);
    if (flags.dryRun !== true) left += visited.chosen.length - done.length;
    return done;
  });
  return left === 0 ? 0 : 1;
}

async function redrive(
  { sqs, queue, patience, chosen }: Visited,
  flags: Flags,
  context: CommandContext,
): Promise<readonly ReceivedLetter[]> {
  const sent: ReceivedLetter[] = [];
  for (const [destination, letters] of Map.groupBy(chosen, (letter) => originOfLetter(letter, queue))) {
    if (destination === undefined) {
      context.note(
        `${queue.name} (${queue.region}): it is the dead-letter queue of ${queue.sources.length} queues, and its messages do not say which they came from: nothing was sent`,
      );
    } else {
      sent.push(...(await redriveTo(destination, { sqs, queue, patience, chosen: letters }, flags, context)));
    }
  }
  return sent;
}

async function redriveTo(
  destination: string,
  { sqs, queue, patience, chosen }: Omit<Visited, 'hidden'>,
  flags: Flags,
  context: CommandContext,
): Promise<readonly ReceivedLetter[]> {
  const count = formatPlural(chosen.length, 'message');
  const name = destination.slice(destination.lastIndexOf('/') + 1);
  if (flags.dryRun === true) {
    await context.print(`would send ${count} from ${queue.name} to ${name} in ${queue.region}\n`);
    return [];
  }
  const text = `Send ${count} from ${queue.name} to ${name} in ${queue.region}?`;
  if (!(await confirm({ text, yes: flags.yes }, context.signal))) return [];
  const sent = await withMeter(context, { what: 'Sending', unit: 'messages' }, (meter) =>
    redriveLetters(sqs, chosen, destination, {
      signal: context.signal,
      patience,
      onDone: (done) => {
        meter.reach(done, chosen.length);
      },
    }),
  );
  await context.print(
    `sent ${formatPlural(sent.length, 'message')} from ${queue.name} to ${name} in ${queue.region}\n`,
  );
  return sent;
}

async function discard(
  { sqs, queue, patience, chosen }: Visited,
  flags: Flags,
  context: CommandContext,
): Promise<readonly ReceivedLetter[]> {
  const count = formatPlural(chosen.length, 'message');
  const file = flags.save ?? `discarded-${new Date().toISOString().replaceAll(':', '-')}.jsonl`;
  if (flags.dryRun === true) {
    await context.print(`would discard ${count} of ${queue.name} in ${queue.region}\n`);
    return [];
  }
  const text = `Discard ${count} of ${queue.name} in ${queue.region}? Their objects will not be replicated. They are saved to ${file} first.`;
  if (!(await confirm({ text, yes: flags.yes }, context.signal))) return [];
  await save(file, renderLetters(chosen, { json: true, columns: Number.POSITIVE_INFINITY }));
  await withMeter(context, { what: 'Deleting', unit: 'messages' }, (meter) =>
    deleteLetters(sqs, chosen, {
      signal: context.signal,
      patience,
      onDone: (done) => {
        meter.reach(done, chosen.length);
      },
    }),
  );
  await context.print(`discarded ${count} of ${queue.name} in ${queue.region}; saved to ${file}\n`);
  return chosen;
}

function letterStyle({ json }: Flags, { columns = Number.POSITIVE_INFINITY }: CommandContext): LetterStyle {
  return { json: json === true, columns };
}

/** Must be on disk before anything is deleted. */
async function save(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    await withFilePath(path, file.writeFile(text));
    await withFilePath(path, file.sync());
  } finally {
    await file.close();
  }
}
