import { Command, Option } from 'commander';
import type { Checkpoint } from '../../backfill/checkpoint.ts';
import { type BackfillForecast, countObjects } from '../../backfill/count-objects.ts';
import type { EntrySource } from '../../backfill/dependencies.ts';
import { IncompleteEntryError } from '../../backfill/errors.ts';
import type { ObjectFilter } from '../../backfill/object-filter.ts';
import { type BackfillCounts, noCounts, runBackfill } from '../../backfill/run-backfill.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { InvalidInventoryError } from '../../inventory/errors.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { UsageError } from '../command/errors.ts';
import { keepCheckpoint } from '../command/keep-checkpoint.ts';
import { startMeter, withMeter } from '../command/meter.ts';
import { formatPlural } from '../command/numbers.ts';
import { parseByteSize, parsePositiveInteger } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { requireNamedRule } from '../command/require-named-rule.ts';
import { type OpenRuleSession, openRuleSession, type RuleSession, SYSTEM_CLOCK } from '../command/rule-session.ts';
import {
  addFilterOptions,
  addRunOptions,
  objectFilterOf,
  rateLimitsOf,
  refuseContradictions,
  type ScanFlags,
} from '../command/scan-options.ts';
import { verifyRule } from '../verify/verify-rule.ts';
import { ArchivedKeys } from './archived-keys.ts';
import { describeReplicas } from './describe-replicas.ts';
import { openSource } from './open-source.ts';
import { renderForecast, renderOutcome } from './render-backfill.ts';
import { backfillByStepFunctions } from './step-functions.ts';
import { TotalObjects } from './total-objects.ts';

interface BackfillFlags extends ScanFlags {
  readonly inventory?: string;
  readonly maxBytesPerHour?: number;
  readonly missing?: boolean;
  readonly dryRun?: boolean;
  readonly archived?: string;
  readonly engine: 'local' | 'step-functions';
  readonly follow?: string;
  readonly concurrency?: number;
}

interface Backfill {
  readonly rule: DeployedRule;
  readonly configuration: Configuration;
  readonly flags: BackfillFlags;
  readonly filter: ObjectFilter;
  readonly session: RuleSession;
  readonly context: CommandContext;
}

/**
 * `s3xrc backfill`: queues objects that match a rule but existed before it.
 * @param openSession opens queue, checkpoint and buckets; default: in an AWS account
 * @returns 0 when all is queued
 * @throws UsageError, InvalidConfigurationError, InvalidCheckpointError, HeldCheckpointError, UnavailableQueueError, and
 * errors of S3
 */
export async function runBackfillCommand(
  args: readonly string[],
  context: CommandContext,
  openSession: OpenRuleSession = openRuleSession,
): Promise<number> {
  const command = addFilterOptions(
    new Command(`${context.program} backfill`)
      .description(
        'Queue the objects that a rule selects and that existed before the rule. They have their own queue, and never replace what an event delivered.',
      )
      .argument('<rule>', 'id of the rule or the start of it, or a source bucket with only one rule'),
  )
    .option('--inventory <manifest>', 'read keys from an S3 Inventory: s3://bucket/.../manifest.json')
    .option('--max-bytes-per-hour <size>', 'at most this many bytes of objects per hour, such as 500GB', parseByteSize)
    .option('--missing', 'compare with the destinations, and queue only objects that are missing, older or different')
    .option('--dry-run', 'only show objects, bytes, archives, hours and dollars')
    .option('--archived <file>', 'append the keys of objects in archived classes to this file')
    .addOption(
      new Option(
        '--engine <engine>',
        'what reads and queues the keys: this machine, or the state machine of the region',
      )
        .choices(['local', 'step-functions'])
        .default('local'),
    )
    .option(
      '--concurrency <number>',
      'with --engine step-functions: data files of the inventory to read at once (default: 10)',
      parsePositiveInteger,
    )
    .option('--follow <execution>', 'follow this Step Functions execution; with --resume, resume it first');
  const printed: Promise<void>[] = [];
  const parsed = parseCommand(addRunOptions(command), args, (text) => printed.push(context.print(text)));
  await Promise.all(printed);
  if (parsed === undefined) return 0;
  const flags = parsed.opts<BackfillFlags>();
  refuseContradictions(flags);
  refuseForEngine(flags);
  if (flags.missing === true) {
    refuseWithMissing(flags);
    await verifyRule(parsed.args[0] ?? '', { ...flags, repair: true }, context, openSession);
    return 0;
  }
  const configuration = await loadConfiguration(flags.configuration);
  const rule = requireNamedRule(configuration.rules, parsed.args[0] ?? '');
  const { stack_name: stackName } = configuration.settings;
  const { profile, queueUrl, progressBucket } = flags;
  const options = { stackName, rule, profile, queueUrl, progressBucket, signal: context.signal };
  if (rule.draining)
    context.note('The rule is draining: objects that are overwritten during the backfill send no event.');
  const replicas = describeReplicas(rule, configuration.rules);
  if (replicas !== undefined) context.note(replicas);
  const shared = { rule, configuration, flags, filter: objectFilterOf(flags), context };
  // The cost is counted here, whichever engine queues.
  if (flags.engine === 'step-functions' && flags.dryRun !== true) {
    await using deployed = openRuleSession(options);
    return await backfillByStepFunctions({ ...shared, session: deployed });
  }
  await using session = openSession(options);
  return await execute({ ...shared, session });
}

async function execute(backfill: Backfill): Promise<number> {
  const { rule, flags, session, context } = backfill;
  if (flags.dryRun === true) {
    await using opened = await openSource({
      rule,
      session,
      inventory: flags.inventory,
      filter: backfill.filter,
      signal: context.signal,
    });
    const style = { json: flags.json === true, columns: context.columns };
    await context.print(await renderForecast(await forecast(opened.source, backfill), backfill, style));
    return 0;
  }
  await using keeper = keepCheckpoint(await session.openCheckpoint('backfill'));
  const earlier = await keeper.load('backfill', rule.id, { forget: flags.restart === true });
  if (flags.resume === true && (earlier === undefined || earlier.finished)) {
    await context.print(earlier === undefined ? 'There is nothing to resume.\n' : 'The last backfill is complete.\n');
    return 0;
  }
  // A run that queued nothing, for whatever reason, leaves nothing to continue.
  if (earlier?.position !== undefined && !earlier.finished && flags.resume !== true) {
    throw new UsageError(
      `a backfill of this rule, started ${earlier.startedAt}, was interrupted after ${formatPlural(earlier.counts['queued'] ?? 0, 'object')}: add --resume to continue it, or --restart to start over`,
    );
  }
  const resumed = flags.resume === true ? earlier : undefined;
  const filter = resumed?.filter ?? backfill.filter;
  const inventory = resumed === undefined ? flags.inventory : resumed.choices['inventory'];
  if (resumed !== undefined) refuseOtherInventory(flags, inventory);
  const signal = AbortSignal.any([context.signal, keeper.lost]);
  await using opened = await openSource({ rule, session, inventory, filter, signal });
  const planned = resumed === undefined ? await agree(opened.source, backfill) : undefined;
  if (planned === 'no') return 0;
  const startedAt = resumed?.startedAt ?? new Date().toISOString();
  using total = new TotalObjects(planned?.objects ?? knownTotal(resumed));
  if (resumed === undefined) {
    total.countBeside((signal) => countObjects(opened.source, { rule, filter, signal }, () => undefined));
  }
  let last: { readonly position?: string | undefined; readonly counts: BackfillCounts } = {
    position: resumed?.position,
    counts: { ...noCounts(), ...resumed?.counts },
  };
  const save = (finished: boolean): Promise<void> =>
    keeper.save({
      version: 1,
      kind: 'backfill',
      rule: rule.id,
      filter,
      choices: {
        ...(inventory === undefined ? {} : { inventory }),
        ...(total.objects === undefined ? {} : { objects: String(total.objects) }),
      },
      startedAt,
      ...(last.position === undefined ? {} : { position: last.position }),
      finished,
      counts: { ...last.counts },
    });
  const queue = await session.openQueue();
  const archived = new ArchivedKeys(flags.archived, context);
  const meter = startMeter(context, { what: 'Queuing', unit: 'objects', begun: last.counts.queued });
  // Saved before the first message, so that any interruption can be resumed.
  await save(false);
  try {
    const counts = await runBackfill(
      {
        rule,
        filter,
        pace: rateLimitsOf(flags),
        resumed: last.position === undefined ? undefined : { position: last.position, counts: last.counts },
        signal,
      },
      {
        source: opened.source,
        queue,
        clock: SYSTEM_CLOCK,
        checkpoint: async (position, counted) => {
          last = { position, counts: counted };
          await save(false);
        },
        onProgress: ({ queued }) => {
          meter.reach(queued, total.objects);
        },
        onArchived: ({ key, storageClass }) => {
          archived.add(key, storageClass);
        },
      },
    );
    last = { ...last, counts };
    await save(true);
    meter.end();
    const style = { json: flags.json === true, columns: context.columns };
    await context.print(renderOutcome(counts, archived.classes, rule, style));
    await archived.write();
    return 0;
  } catch (thrown) {
    await archived.write();
    meter.end();
    if (!keeper.lost.aborted) context.note(describeStop(last, thrown));
    throw thrown;
  }
}

/** How to continue. */
function describeStop(
  { position, counts }: { readonly position?: string | undefined; readonly counts: BackfillCounts },
  thrown: unknown,
): string {
  const queued = `${formatPlural(counts.queued, 'object')} queued so far`;
  if (!(thrown instanceof InvalidInventoryError || thrown instanceof IncompleteEntryError)) {
    return `${queued}; --resume continues from there`;
  }
  const other = position === undefined ? 'Use another inventory' : 'Or start over with another inventory: --restart';
  const same = position === undefined ? '' : '. To continue, restore the file that S3 delivered, and add --resume';
  return `${queued}${same}. ${other}.`;
}

/** @throws UsageError, because a position in one inventory means nothing in another */
function refuseOtherInventory({ inventory }: BackfillFlags, begun: string | undefined): void {
  if (inventory === undefined || inventory === begun) return;
  throw new UsageError(
    `--resume continues to read what the interrupted run read, ${begun ?? 'the bucket'}: leave out --inventory, or use --restart instead of --resume`,
  );
}

/** The counts of the interrupted run. */
function knownTotal(resumed: Checkpoint | undefined): number | undefined {
  const objects = resumed?.choices['objects'];
  return objects === undefined ? undefined : Number(objects);
}

function refuseWithMissing({ inventory, dryRun, archived }: BackfillFlags): void {
  const other = Object.entries({ '--inventory': inventory, '--dry-run': dryRun, '--archived': archived });
  const [given] = other.filter(([, value]) => value !== undefined);
  if (given !== undefined)
    throw new UsageError(`${given[0]} cannot be used with --missing; \`s3xrc verify\` shows what is missing`);
}

/** Options of the other engine. */
function refuseForEngine(flags: BackfillFlags): void {
  const { missing, archived, maxBytesPerHour, queueUrl, restart, follow, concurrency } = flags;
  const isLocal = flags.engine === 'local';
  const others = isLocal
    ? { '--follow': follow, '--concurrency': concurrency }
    : {
        '--missing': missing,
        '--archived': archived,
        '--max-bytes-per-hour': maxBytesPerHour,
        '--queue-url': queueUrl,
        '--restart': restart,
      };
  const [given] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw new UsageError(`${given[0]} requires --engine ${isLocal ? 'step-functions' : 'local'}`);
  }
  if (isLocal || flags.resume !== true || follow !== undefined) return;
  throw new UsageError('name the execution to resume: --follow EXECUTION --resume');
}

async function forecast(source: EntrySource, { rule, filter, context }: Backfill): Promise<BackfillForecast> {
  return await withMeter(context, { what: 'Listing', unit: 'objects' }, (meter) =>
    countObjects(source, { rule, filter, signal: context.signal }, (listed) => {
      meter.reach(listed);
    }),
  );
}

/** Describes the backfill and asks for confirmation, unless `--yes` is given. */
async function agree(source: EntrySource, backfill: Backfill): Promise<BackfillForecast | 'no' | undefined> {
  const { flags, context, rule } = backfill;
  if (flags.yes === true) return undefined;
  const counted = await forecast(source, backfill);
  context.note((await renderForecast(counted, backfill, { json: false, columns: context.columns })).trimEnd());
  const text = `Queue ${formatPlural(counted.objects, 'object')} of s3://${rule.source.bucket}?`;
  return (await confirm({ text, yes: flags.yes }, context.signal)) ? counted : 'no';
}
