import { archiveLimits } from '../../adaptive/break-even.ts';
import { marginalPrices, ruleCosts } from '../../adaptive/cost-model.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { Prices } from '../../configuration/prices/prices.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import { ruleDollars } from '../../templates/fixed-costs.ts';
import { MIB } from '../../units.ts';
import { systemErrorText } from '../command/explain-failure.ts';
import { formatBytes, formatCount, formatPlural } from '../command/numbers.ts';
import { type InspectedArchive, isReadable, tryInspect, type UnreadableArchive } from './archives/inspect-archive.ts';
import { archiveBytes, keepArchives, listArchives, type StoredArchive } from './archives/outbound-archives.ts';
import { compareLevels, type LevelCost } from './comparison/compare-levels.ts';
import { compareCosts } from './cost-comparison.ts';
import { chooseContent } from './input/choose-content.ts';
import { type DemoPlan, planObjects } from './input/plan-objects.ts';
import { bodySize } from './input/planned-object.ts';
import type { SkippedEntry } from './input/walk-folder.ts';
import { summarizeMetrics } from './metrics-summary.ts';
import type { DemoOptions } from './options.ts';
import { chooseRule } from './pipeline/choose-rule.ts';
import { readDeadLetters } from './pipeline/dead-letters.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { type PreparedConfiguration, prepareConfiguration } from './pipeline/prepare-configuration.ts';
import { sortLetters } from './pipeline/send-damaged.ts';
import { startPipeline } from './pipeline/start-pipeline.ts';
import type { Progress } from './progress.ts';
import { isPlain, replicate } from './replicate.ts';
import { type DeletionsMade, type DemoResult, isFlawless, summarize } from './result.ts';
import { describeSteadyState } from './steady-state.ts';
import type { UploadedVersion } from './upload/uploaded-object.ts';
import type { UploadRecord } from './upload/uploader.ts';
import { findViolations } from './verify/check-pipeline.ts';
import { type Verification, verifyDestinations } from './verify/verify-destinations.ts';
import type { Workspace } from './workspace.ts';

/** Max entries of the user's folder that are listed individually. */
const NAMED_SKIPS = 10;

export interface FinishedDemo {
  readonly result: DemoResult;
  /** A sentence for each requested output that could not be written. */
  readonly problems: readonly string[];
}

/**
 * Starts the pipeline, feeds it, waits until it has nothing left to do, and compares the restored objects with the
 * uploaded ones.
 * @throws DemoInputError, InvalidConfigurationError, DemoFailedError, and the errors of the local servers
 */
export async function runDemo(options: DemoOptions, workspace: Workspace, progress: Progress): Promise<FinishedDemo> {
  const { level, fallbackOverMebibytes: largestMebibytes } = options;
  const changes = {
    ...(level === undefined ? {} : { level }),
    ...(largestMebibytes === undefined ? {} : { largestMebibytes }),
    replicatesDeletes: true as const,
  };
  const configuration = await prepareConfiguration(options.configuration, changes, workspace.temporary);
  const rule = chooseRule(configuration.rules, options.fanOut);
  // `--fallback-over` makes archives unrealistically small, so the dollars are those of the rule without it.
  const owned = chooseRule(configuration.written, options.fanOut);
  const { content, description, cost, isOwn } = await chooseContent(options, workspace.cleanup);
  const plan = planObjects(content, { prefix: rule.source.prefix, hasEdgeCaseKeys: isOwn });
  if (cost !== undefined) progress.say(`${description}\n${cost}`);
  const sizes = plan.objects.map(({ body }) => bodySize(body));
  announce(plan, sumOf(sizes), progress);
  // Work for tasks does not occupy functions.
  const forFunctions = sumOf(sizes.filter((size) => size <= (largestMebibytes ?? Number.POSITIVE_INFINITY) * MIB));
  const pipeline = await startPipeline(
    {
      rule,
      configuration: configuration.directory,
      bytes: forFunctions,
      faultRate: options.faults,
      hasFallback: largestMebibytes !== undefined,
    },
    workspace,
    progress,
  );
  const { record, repeated, repeatedRemovals, damaged, seconds } = await replicate(pipeline, plan.objects, progress);
  nameSkipped(record.skipped, progress);
  const stored = await listArchives(pipeline.outbound);
  const { readable, unreadable } = await collectArchives(pipeline, stored);
  const archives = stored.filter(({ key }) => readable.some(({ name }) => name === key));
  const [inspected, deleting] = [readable.filter(hasObjects), readable.filter((archive) => !hasObjects(archive))];
  const letters = sortLetters((await Promise.all(pipeline.deadLetterQueues.map(readDeadLetters))).flat(), damaged);
  const violations = [
    ...unreadable.map(({ name, reason }) => `the archive ${name} cannot be read: ${reason}`),
    ...letters.unrefused.map(({ region, key }) => `${region} did not refuse ${key}, whose objects are damaged`),
    ...(await findViolations(pipeline, { record, inspected, repeated, damaged, hasFaults: options.faults > 0 })),
  ];
  const regions = [...new Set(rule.destinations.map(({ region }) => region))];
  const result = summarize({
    rule,
    source: description,
    objects: record.objects.length,
    bytes: sumBytes(record.objects),
    uploads: uploadsOf(record).length,
    uploadedBytes: sumBytes(uploadsOf(record)),
    repeatedEvents: repeated.length + repeatedRemovals,
    deletions: countDeletions(record, deleting),
    skippedEntries: plan.skipped.length + record.skipped.length,
    seconds,
    verification: await verify(pipeline, record, progress),
    deadLetters: letters.others,
    violations,
    damagedArchives: damaged.length,
    refusedArchives: damaged.length - letters.unrefused.length,
    archives: inspected,
    faults: pipeline.faults(),
    metrics: summarizeMetrics(pipeline.log.metrics, regions),
    levels: pipeline.log.levels.list(),
    packingCpuSeconds: pipeline.log.packingCpuSeconds,
    worth: compareCosts(
      describeSteadyState(inspected, pipeline.log.packingCpuSeconds, plainKeys(plan)),
      { costs: ruleCosts(owned, await pricesOf(owned, configuration)), limits: archiveLimits(owned) },
      options.monthlyBytes === undefined ? undefined : { bytes: options.monthlyBytes, fixed: ruleDollars(owned) },
    ),
    fallback: pipeline.fallback(),
    comparison: await compare(pipeline, archives, { ...options, rule, configuration }, progress),
  });
  if (!isFlawless(result)) for (const complaint of pipeline.log.complaints) progress.say(`  ${complaint}`);
  return { result, problems: await keepFiles(pipeline, stored, options.archives) };
}

/** All versions that were sent to the source bucket. */
function uploadsOf({ objects, drafts, removals }: UploadRecord): UploadedVersion[] {
  return [...objects, ...drafts, ...removals.restored, ...removals.traveling];
}

function hasObjects({ objects }: InspectedArchive): boolean {
  return objects > 0;
}

function countDeletions({ removals }: UploadRecord, archives: readonly InspectedArchive[]): DeletionsMade {
  return {
    deleted: removals.restored.length,
    overtaken: removals.traveling.length,
    undeleted: removals.undone.length,
    rewritten: removals.rewritten.length,
    archives: archives.length,
    archiveBytes: archives.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0),
  };
}

/** Saves the archives if requested. @returns why they could not be saved */
async function keepFiles(
  { outbound }: Pipeline,
  archives: readonly StoredArchive[],
  folder: string | undefined,
): Promise<string[]> {
  if (folder === undefined) return [];
  try {
    await keepArchives(outbound, archives, folder);
    return [];
  } catch (thrown) {
    return [`the archives could not be kept in ${folder}: ${systemErrorText(thrown)}`];
  }
}

function plainKeys({ objects }: DemoPlan): ReadonlySet<string> {
  return new Set(objects.filter(isPlain).map(({ key }) => key));
}

function announce({ objects, skipped }: DemoPlan, bytes: number, progress: Progress): void {
  nameSkipped(skipped, progress);
  progress.say(`${formatPlural(objects.length, 'object')}, ${formatBytes(bytes)}. Starting the emulated regions ...`);
}

function nameSkipped(skipped: readonly SkippedEntry[], progress: Progress): void {
  for (const { relativePath, reason } of skipped.slice(0, NAMED_SKIPS)) {
    progress.say(`Skipped ${JSON.stringify(relativePath)}: ${reason}`);
  }
  if (skipped.length > NAMED_SKIPS) progress.say(`Skipped ${formatCount(skipped.length - NAMED_SKIPS)} more entries`);
}

async function verify(
  pipeline: Pipeline,
  { objects, removals }: UploadRecord,
  progress: Progress,
): Promise<Verification> {
  const stage = progress.stage('verified', objects.length * pipeline.destinations.length);
  let verified = 0;
  const deleted = new Set([...removals.restored, ...removals.traveling].map(({ key }) => key));
  const onVerified = (): void => {
    verified += 1;
    stage.reach(verified);
  };
  const verification = await verifyDestinations(pipeline.destinations, objects, onVerified, deleted);
  stage.finish(verified);
  return verification;
}

async function collectArchives(
  { outbound }: Pipeline,
  archives: readonly StoredArchive[],
): Promise<{ readonly readable: readonly InspectedArchive[]; readonly unreadable: readonly UnreadableArchive[] }> {
  const readable: InspectedArchive[] = [];
  const unreadable: UnreadableArchive[] = [];
  for (const archive of archives) {
    const found = await tryInspect(archiveBytes(outbound, archive));
    if (isReadable(found)) readable.push(found);
    else unreadable.push(found);
  }
  return { readable, unreadable };
}

interface ComparedRule extends Pick<DemoOptions, 'compareLevels'> {
  readonly rule: ReplicationRule;
  readonly configuration: PreparedConfiguration;
}

/** The cost of other levels, if requested. */
async function compare(
  { outbound, log }: Pipeline,
  archives: readonly StoredArchive[],
  { compareLevels: levels, rule, configuration }: ComparedRule,
  progress: Progress,
): Promise<LevelCost[] | undefined> {
  if (levels === undefined) return undefined;
  const { source } = rule;
  const prices = await pricesOf(rule, configuration);
  const uses = log.levels.list();
  const stage = progress.stage(
    'compared',
    uses.reduce((sum, { frames }) => sum + frames, 0),
  );
  let frames = 0;
  const costs = await compareLevels(
    archives.map((archive) => archiveBytes(outbound, archive)),
    {
      levels,
      candidates: source.level === undefined ? source.levels : [source.level],
      uses,
      prices: marginalPrices(ruleCosts(rule, prices)),
      onFrame: () => {
        frames += 1;
        stage.reach(frames);
      },
    },
  );
  stage.finish(frames);
  return costs;
}

async function pricesOf(
  { source, destinations }: ReplicationRule,
  configuration: PreparedConfiguration,
): Promise<Prices> {
  return pricesFromFile(await loadPriceFile(configuration.directory), configuration.settings.prices, {
    fromRegion: source.region,
    toRegions: [...new Set(destinations.map(({ region }) => region))],
  });
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function sumBytes(versions: readonly UploadedVersion[]): number {
  return sumOf(versions.map(({ size }) => size));
}
