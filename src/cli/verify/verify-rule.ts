import * as z from 'zod';
import { S3ObjectPager } from '../../aws/s3/object-pager.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import type { Checkpoint } from '../../backfill/checkpoint.ts';
import type { CheckpointKeeper } from '../../backfill/checkpoint-keeper.ts';
import type { ObjectFilter } from '../../backfill/object-filter.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { SortedInventory } from '../../inventory/sorted-inventory.ts';
import {
  type ComparedBucket,
  type CopyFinding,
  type FindingClass,
  noVerificationCounts,
  type VerificationCounts,
} from '../../verifying/dependencies.ts';
import type { ProofLevel } from '../../verifying/prove-copy.ts';
import { runVerification } from '../../verifying/run-verification.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { findPriceFolder } from '../command/deployment-files.ts';
import { UsageError } from '../command/errors.ts';
import { keepCheckpoint } from '../command/keep-checkpoint.ts';
import { startMeter } from '../command/meter.ts';
import { formatPlural } from '../command/numbers.ts';
import { requireNamedRule } from '../command/require-named-rule.ts';
import { type OpenRuleSession, type RuleSession, SYSTEM_CLOCK } from '../command/rule-session.ts';
import { objectFilterOf, rateLimitsOf, type ScanFlags } from '../command/scan-options.ts';
import { findDueTime } from './find-due-time.ts';
import { FindingsFile } from './findings-file.ts';
import { type InventoryNames, openInventories } from './open-inventories.ts';
import { describeRequestCost, isFaulty, NAMED_FINDINGS, renderVerification } from './render-verification.ts';

export interface VerifyFlags extends ScanFlags, InventoryNames {
  readonly checksums?: boolean;
  readonly bytes?: boolean;
  readonly sample?: number;
  /** Seconds. */
  readonly notDue?: number;
  readonly repair?: boolean;
  readonly maxBytesPerHour?: number;
  readonly csv?: string;
  readonly spreadsheet?: boolean;
}

/**
 * Verifies a rule, and reports the result.
 * @returns exit status, see `runVerifyCommand`
 */
export async function verifyRule(
  name: string,
  flags: VerifyFlags,
  context: CommandContext,
  openSession: OpenRuleSession,
): Promise<number> {
  const configuration = await loadConfiguration(flags.configuration);
  const rule = requireNamedRule(configuration.rules, name);
  const prices = pricesFromFile(
    await loadPriceFile(await findPriceFolder(flags.configuration)),
    configuration.settings.prices,
    {
      fromRegion: rule.source.region,
      toRegions: [...new Set(rule.destinations.map(({ region }) => region))],
    },
  );
  const proof: ProofLevel = flags.bytes === true ? 'bytes' : flags.checksums === true ? 'checksums' : 'none';
  context.note(describeRequestCost(rule, proof, flags, prices));
  if (flags.repair === true && flags.resume !== true) {
    const text = `Queue the objects of rule ${rule.id} that differ, to replace them at its destinations?`;
    if (!(await confirm({ text, yes: flags.yes }, context.signal))) return 0;
  }
  const { stack_name: stackName } = configuration.settings;
  const { profile, queueUrl, progressBucket } = flags;
  await using session = openSession({ stackName, rule, profile, queueUrl, progressBucket, signal: context.signal });
  await using keeper = keepCheckpoint(await session.openCheckpoint('verify'));
  const earlier = await findEarlier(keeper, rule, flags);
  if (flags.resume === true && (earlier === undefined || earlier.finished)) {
    await context.print(
      earlier === undefined ? 'There is nothing to resume.\n' : 'The last verification is complete.\n',
    );
    return 0;
  }
  const resumed = flags.resume === true ? earlier : undefined;
  const chosen = resumed === undefined ? { ...flags, proof } : { ...flags, ...choicesOf(resumed) };
  const expected = expectedKeys(earlier, objectFilterOf(flags));
  return await verify({ rule, stackName, flags: chosen, resumed, expected, keeper, session, context });
}

interface RuleVerification {
  readonly rule: DeployedRule;
  readonly stackName: string;
  readonly flags: VerifyFlags & { readonly proof: ProofLevel };
  readonly resumed: Checkpoint | undefined;
  /** Approximate number of keys, for the time left. */
  readonly expected: number | undefined;
  readonly keeper: CheckpointKeeper;
  readonly session: RuleSession;
  readonly context: CommandContext;
}

async function verify({
  rule,
  stackName,
  flags,
  resumed,
  expected,
  keeper,
  session,
  context,
}: RuleVerification): Promise<number> {
  await using cleanup = new AsyncDisposableStack();
  const inventories = await openInventories(rule, flags, session, context, cleanup);
  const open = (region: string, inventory: SortedInventory | undefined): ComparedBucket => ({
    ...openComparedBucket(session, region, cleanup),
    inventory,
  });
  const { csv, spreadsheet: isForSpreadsheet = false } = flags;
  const file =
    csv === undefined
      ? undefined
      : await FindingsFile.open(csv, { isResumed: resumed !== undefined, isForSpreadsheet });
  if (file !== undefined) cleanup.use(file);
  const asked = { age: flags.notDue, namespace: stackName };
  const { dueBefore, reason } = await findDueTime(rule, asked, session.metrics, Date.now());
  context.note(`Not due: objects written after ${new Date(dueBefore).toISOString()}, ${reason}.`);
  const queued = (await session.countQueued(context.signal)) ?? 0;
  if (queued > 0) {
    const what = formatPlural(queued, 'object');
    context.note(
      `${what} of a backfill or a repair still queued: missing or older until restored. --repair would queue them twice.`,
    );
  }
  const queue = flags.repair === true ? await session.openQueue() : undefined;
  const filter = resumed?.filter ?? objectFilterOf(flags);
  const samples = new Map<FindingClass, CopyFinding[]>();
  const startedAt = resumed?.startedAt ?? new Date().toISOString();
  let last: { readonly key?: string | undefined; readonly counts: VerificationCounts } = {
    key: resumed?.position,
    counts: { ...noVerificationCounts(), ...resumed?.counts },
  };
  const save = async (finished: boolean): Promise<void> => {
    // The file contains the findings up to the checkpoint.
    await file?.flush();
    await keeper.save({
      version: 1,
      kind: 'verify',
      rule: rule.id,
      filter,
      choices: { ...choicesIn(flags), ...(expected === undefined ? {} : { expected: String(expected) }) },
      startedAt,
      ...(last.key === undefined ? {} : { position: last.key }),
      finished,
      counts: { ...last.counts },
    });
  };
  const meter = startMeter(context, { what: 'Comparing', unit: 'keys', begun: last.counts.compared });
  cleanup.defer(() => {
    meter.end();
  });
  await save(false);
  try {
    const counts = await runVerification(
      {
        rule,
        filter,
        proof: flags.proof,
        oneIn: flags.sample ?? 1,
        dueBefore,
        pace: rateLimitsOf(flags),
        resumed: last.key === undefined ? undefined : { key: last.key, counts: last.counts },
        signal: AbortSignal.any([context.signal, keeper.lost]),
      },
      {
        source: open(rule.source.region, inventories.source),
        destinations: rule.destinations.map((destination, index) => ({
          destination,
          ...open(destination.region, inventories.destinations[index]),
        })),
        queue,
        clock: SYSTEM_CLOCK,
        checkpoint: async (key, counted) => {
          last = { key, counts: counted };
          await save(false);
        },
        onProgress: ({ compared, missing, older, different }) => {
          meter.reach(compared, expected, `${missing} missing, ${older} older, ${different} different`);
        },
        onFinding: (finding) => {
          file?.add(finding);
          const named = samples.get(finding.kind) ?? [];
          if (named.length < NAMED_FINDINGS) samples.set(finding.kind, [...named, finding]);
        },
      },
    );
    last = { ...last, counts };
    await save(true);
    meter.end();
    if (file?.caution !== undefined) context.note(file.caution);
    const report = { rule: rule.id, ...counts, samples: Object.fromEntries(samples) };
    await context.print(
      flags.json === true ? `${JSON.stringify(report)}\n` : renderVerification(counts, samples, rule, context.columns),
    );
    return isFaulty(counts, rule) ? 1 : 0;
  } catch (thrown) {
    meter.end();
    if (!keeper.lost.aborted) {
      const compared = `${formatPlural(last.counts.compared, 'key')} compared so far`;
      context.note(last.key === undefined ? compared : `${compared}; --resume continues from there`);
    }
    throw thrown;
  }
}

async function findEarlier(
  keeper: CheckpointKeeper,
  rule: DeployedRule,
  flags: VerifyFlags,
): Promise<Checkpoint | undefined> {
  const earlier = await keeper.load('verify', rule.id, { forget: flags.restart === true });
  // A run that compared nothing, for whatever reason, leaves nothing to continue.
  if (earlier?.position === undefined || earlier.finished || flags.resume === true) return earlier;
  throw new UsageError(
    `a verification of this rule, started ${earlier.startedAt}, was interrupted after ${formatPlural(earlier.counts['compared'] ?? 0, 'key')}: add --resume to continue it, or --restart to start over`,
  );
}

/** About as many as the last time, since counting them takes as long as comparing them. */
function expectedKeys(earlier: Checkpoint | undefined, filter: ObjectFilter): number | undefined {
  if (earlier === undefined) return undefined;
  if (!earlier.finished) return Number(earlier.choices['expected'] ?? Number.NaN) || undefined;
  return JSON.stringify(earlier.filter) === JSON.stringify(filter) ? earlier.counts['compared'] : undefined;
}

type Choices = Pick<VerifyFlags, 'sample' | 'repair' | 'inventory' | 'destinationInventory'> & {
  readonly proof: ProofLevel;
};

/** Options that a resumed run must take from the original one. */
function choicesIn({ proof, sample = 1, repair, inventory, destinationInventory }: Choices): Checkpoint['choices'] {
  return {
    proof,
    sample: String(sample),
    repair: String(repair === true),
    ...(inventory === undefined ? {} : { inventory }),
    ...(destinationInventory === undefined ? {} : { destinationInventory: JSON.stringify(destinationInventory) }),
  };
}

function choicesOf({ choices }: Checkpoint): Choices {
  const { proof, sample, repair, inventory, destinationInventory } = choices;
  return {
    proof: proof === 'bytes' || proof === 'checksums' ? proof : 'none',
    sample: Number(sample ?? 1),
    repair: repair === 'true',
    inventory,
    destinationInventory:
      destinationInventory === undefined ? undefined : z.array(z.string()).parse(JSON.parse(destinationInventory)),
  };
}

function openComparedBucket(session: RuleSession, region: string, cleanup: AsyncDisposableStack): ComparedBucket {
  const client = session.openS3(region);
  const [pager, store] = [new S3ObjectPager(client), new S3ObjectStore({ client })];
  cleanup.defer(() => pager.close());
  cleanup.defer(() => store.close());
  return { pager, store };
}
