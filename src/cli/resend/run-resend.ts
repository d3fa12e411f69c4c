import { Command } from 'commander';
import pLimit from 'p-limit';
import { loadConfiguration } from '../../configuration/load.ts';
import { type KeptRecord, keptRecordOf } from '../../resend/archive-metadata.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { DeployInputError } from '../command/errors.ts';
import { withMeter } from '../command/meter.ts';
import { formatPlural } from '../command/numbers.ts';
import { parseCommand } from '../command/parse-command.ts';
import { delayAbort, raceAbort } from '../command/race-abort.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { describeKeptArchive, type KeptArchive, listKeptArchives, sendKeptArchive } from './kept-archives.ts';
import { openResendSession, type ResendSession } from './resend-session.ts';

interface ResendFlags {
  readonly all?: boolean;
  readonly profile?: string;
  readonly configuration: string;
  readonly json?: boolean;
}

type OpenSession = (stackName: string, region: string, profile?: string) => Promise<ResendSession>;

const PARALLEL_LOOKS = 16;
/** Milliseconds that sending an archive may take after Ctrl-C. */
const LAST_CALLS_MS = 10_000;

/**
 * `s3xrc resend`: lists the archives of a source region that were given up, or resends them.
 * @param open finds buckets and clients; tests have their own
 * @throws InvalidConfigurationError, DeployInputError, KeptArchiveError, and the errors of the storage
 */
export async function runResend(
  args: readonly string[],
  context: CommandContext,
  open: OpenSession = openResendSession,
): Promise<number> {
  const printed: Promise<void>[] = [];
  const command = new Command('s3xrc resend')
    .description('List the archives that S3 could not replicate out of a region, or resend them.')
    .argument('<region>', 'source region')
    .argument('[keys...]', 'archives to resend, as listed (default: list them)')
    .option('--all', 'resend all of them')
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration())
    .addOption(sharedOptions.json());
  const parsed = parseCommand(command, args, (text) => printed.push(context.print(text)));
  await Promise.all(printed);
  if (parsed === undefined) return 0;
  const flags = parsed.opts<ResendFlags>();
  const [region = '', ...keys] = parsed.args;
  const configuration = await loadConfiguration(flags.configuration);
  const sources = planRegions(configuration).filter(({ settings }) => settings.source_target.includes('source'));
  requireSource(
    region,
    sources.map((plan) => plan.region),
  );
  const session = await raceAbort(open(configuration.settings.stack_name, region, flags.profile), context.signal);
  try {
    const kept = await raceAbort(listKeptArchives(session), context.signal);
    if (keys.length === 0 && flags.all !== true) await printList(kept, { region, session, flags, context });
    else await sendAll(flags.all === true ? kept : chooseKept(kept, keys, session), { session, flags, context });
    return 0;
  } finally {
    await session.close();
  }
}

interface Resend {
  readonly session: ResendSession;
  readonly flags: ResendFlags;
  readonly context: CommandContext;
}

async function printList(
  kept: readonly KeptArchive[],
  { region, session, flags, context }: Resend & { readonly region: string },
): Promise<void> {
  const { print, signal } = context;
  if (kept.length === 0 && flags.json !== true) {
    await print(`No archive was given up: ${session.failedBucket} is empty.\n`);
    return;
  }
  const records = await withMeter(context, { what: 'Reading', unit: 'archives' }, (meter) => {
    let looks = 0;
    return pLimit(PARALLEL_LOOKS).map(kept, async (archive): Promise<KeptRecord | undefined> => {
      signal.throwIfAborted();
      const { metadata } = await raceAbort(describeKeptArchive(archive, session), signal);
      looks += 1;
      meter.reach(looks, kept.length);
      return keptRecordOf(metadata);
    });
  });
  if (flags.json === true) {
    const archives = kept.map(({ key, size }, index) => ({ key, bytes: size, ...records[index] }));
    await print(`${JSON.stringify({ region, bucket: session.failedBucket, archives }, undefined, 2)}\n`);
    return;
  }
  const lines = kept.map((archive, index) => describeLine(archive, records[index]));
  await print(
    `${lines.join('')}\nKept in ${session.failedBucket}: ${formatPlural(kept.length, 'archive')}. Once the cause is fixed,\n` +
      `\`s3xrc resend ${region} KEY...\` resends some of them, and \`s3xrc resend ${region} --all\` resends all.\n`,
  );
}

function describeLine({ key, size }: KeptArchive, record: KeptRecord | undefined): string {
  const failures = record?.failures.map(({ destination, reason }) => `    ${destination}: ${reason}\n`) ?? [];
  const since = record === undefined ? '' : `, given up ${record.keptAt}`;
  return `${key}  ${size.toLocaleString('en')} bytes${since}\n${failures.join('')}`;
}

async function sendAll(archives: readonly KeptArchive[], { session, flags, context }: Resend): Promise<void> {
  const sent: string[] = [];
  // The current archive is finished after Ctrl-C, unless that takes too long; then it is still kept.
  const patience = delayAbort(context.signal, LAST_CALLS_MS);
  await withMeter(context, { what: 'Sending', unit: 'archives' }, async (meter) => {
    for (const archive of archives) {
      context.signal.throwIfAborted();
      await raceAbort(sendKeptArchive(archive, session), patience);
      sent.push(archive.key);
      meter.reach(sent.length, archives.length);
    }
  });
  if (flags.json === true) {
    await context.print(`${JSON.stringify({ sent }, undefined, 2)}\n`);
    return;
  }
  const lines = sent.map((key) => `${key} was resent.\n`);
  await context.print(`${lines.join('')}Resent: ${formatPlural(sent.length, 'archive')}.\n`);
}

function chooseKept(
  kept: readonly KeptArchive[],
  keys: readonly string[],
  { failedBucket }: ResendSession,
): KeptArchive[] {
  const missing = keys.filter((key) => !kept.some((archive) => archive.key === key));
  if (missing.length === 0) return kept.filter(({ key }) => keys.includes(key));
  throw new DeployInputError(`${missing.join(', ')}: not in ${failedBucket}. Nothing was resent.`, {
    context: { keys: missing.join(', '), bucket: failedBucket },
  });
}

function requireSource(region: string, known: readonly string[]): void {
  if (known.includes(region)) return;
  throw new DeployInputError(`${region} is not a source region of the configuration; those are ${known.join(', ')}.`, {
    context: { region },
  });
}
