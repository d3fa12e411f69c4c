import { marginalPrices } from '../../adaptive/cost-model.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../configuration/schema/levels.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { withMeter } from '../command/meter.ts';
import { formatBytes } from '../command/numbers.ts';
import { chooseTargets } from '../estimate/choose-targets.ts';
import { ImpossibleEstimateError } from '../estimate/errors.ts';
import type { EstimateSource } from '../estimate/estimate-source.ts';
import { openEstimateSource } from '../estimate/open-estimate-source.ts';
import { planSample } from '../estimate/plan-sample.ts';
import { Population } from '../estimate/population.ts';
import { ruleEconomics } from '../estimate/rule-costs.ts';
import { sampleRandom } from '../estimate/sample-random.ts';
import { measureFrames } from './measure-frames.ts';
import { parseSimulateFlags, type SimulateFlags } from './options.ts';
import { renderSimulation, type SimulationReport } from './render-simulation.ts';
import { simulateLevels } from './simulate-levels.ts';
import type { WeightedFrame } from './simulated-archive.ts';

/**
 * `s3xrc simulate`: simulates what a rule would learn from the user's own objects. Writes nothing.
 * @returns 0, whatever the result
 * @throws UsageError, ImpossibleEstimateError, InvalidInventoryError, InvalidConfigurationError, the errors of the
 * storage port
 */
export async function runSimulate(args: readonly string[], context: CommandContext): Promise<number> {
  const printed: Promise<void>[] = [];
  const flags = parseSimulateFlags(args, (text) => printed.push(context.print(text)));
  await Promise.all(printed);
  if (flags === undefined) return 0;
  const { region, profile } = flags;
  await using source = await openEstimateSource(flags.source, { region, profile, signal: context.signal });
  const report = await simulate(source, flags, context);
  await context.print(
    flags.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderSimulation(report, context.columns),
  );
  return 0;
}

async function simulate(
  source: EstimateSource,
  flags: SimulateFlags,
  context: CommandContext,
): Promise<SimulationReport> {
  const { bucket, region: from } = source;
  const to = chooseTargets(flags.to, from);
  const { costs } = await ruleEconomics(flags.configuration, { bucket, from, to });
  const random = sampleRandom(flags.seed);
  const { strata } = await listAll(source, random, context);
  const samples = planSample(strata, flags.sample, random);
  const sampledBytes = samples.reduce((sum, { units }) => sum + units.reduce((all, { length }) => all + length, 0), 0);
  context.note(`Reads ${formatBytes(sampledBytes)} of ${source.name}.`);
  const levels = levelsToChooseFrom(STANDARD_LEVELS);
  const frames = await withMeter(context, { what: 'Measuring', unit: 'bytes' }, (meter): Promise<WeightedFrame[]> => {
    let measured = 0;
    const onMeasured = (bytes: number): void => {
      measured += bytes;
      meter.reach(measured, sampledBytes);
    };
    const archiveBytes = flags.archiveSize;
    return measureFrames(samples, { reader: source, levels, archiveBytes, signal: context.signal, onMeasured });
  });
  if (frames.length === 0) {
    throw new ImpossibleEstimateError(`There are no objects to read in ${source.name}.`, {
      context: { source: source.name },
    });
  }
  const simulation = await withMeter(context, { what: 'Replaying', unit: 'archives' }, (meter) => {
    let packed = 0;
    const onPacked = (archives: number): void => {
      packed += archives;
      meter.reach(packed, flags.archives * (levels.length + 2));
    };
    return simulateLevels(frames, {
      levels,
      prices: marginalPrices(costs),
      archives: flags.archives,
      archiveBytes: flags.archiveSize,
      seed: flags.seed,
      signal: context.signal,
      onPacked,
    });
  });
  return {
    source: source.name,
    objects: strata.reduce((sum, { totals }) => sum + totals.objects, 0),
    bytes: strata.reduce((sum, { totals }) => sum + totals.bytes, 0),
    sampledBytes,
    region: from,
    to,
    archives: flags.archives,
    archiveBytes: flags.archiveSize,
    ...(flags.monthly === undefined ? {} : { monthlyBytes: flags.monthly }),
    ...simulation,
  };
}

async function listAll(source: EstimateSource, random: () => number, context: CommandContext): Promise<Population> {
  const population = new Population({ prefix: source.prefix, depth: 1, since: 0, random });
  let objects = 0;
  await withMeter(context, { what: 'Listing', unit: 'objects' }, async (meter) => {
    for await (const page of source.entries()) {
      for (const entry of page) population.add(entry);
      objects += page.length;
      meter.reach(objects);
    }
  });
  return population;
}
