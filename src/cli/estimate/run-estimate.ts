import { writeFile } from 'node:fs/promises';
import { BILLED_GIGABYTE, marginalPrices } from '../../adaptive/cost-model.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { withMeter } from '../command/meter.ts';
import { formatBytes, formatCount, formatPlural } from '../command/numbers.ts';
import { prepareFile } from '../command/prepare-file.ts';
import { shortPath } from '../command/short-path.ts';
import { withFilePath } from '../command/with-file-path.ts';
import { chooseTargets } from './choose-targets.ts';
import { ImpossibleEstimateError } from './errors.ts';
import type { Estimate } from './estimate.ts';
import type { EstimateSource } from './estimate-source.ts';
import { archiveBytesOf, makeEstimate, monthOf, RECENT_DAYS } from './make-estimate.ts';
import { measureSample } from './measure-sample.ts';
import { openEstimateSource } from './open-estimate-source.ts';
import { type EstimateFlags, parseEstimateFlags } from './options.ts';
import { planSample, type StratumSample } from './plan-sample.ts';
import { Population } from './population.ts';
import { remarksOf } from './remarks.ts';
import { renderEstimate } from './render-estimate.ts';
import { renderEstimatePage } from './render-page.ts';
import { type RuleEconomics, ruleEconomics } from './rule-costs.ts';
import { renderRules } from './rule-entries.ts';
import { sampleRandom } from './sample-random.ts';

const MILLISECONDS_PER_DAY = 86_400_000;
/**
 * USD per GB out of AWS to the internet, for users who run this outside AWS: list price in most regions, from memory.
 */
const INTERNET_GIGABYTE = 0.09;

/**
 * `s3xrc estimate`: see docs/estimate.md. Writes nothing to any bucket.
 * @returns 0, whatever the verdict is
 * @throws UsageError, ImpossibleEstimateError, InvalidInventoryError, InvalidConfigurationError, the errors of the storage port
 */
export async function runEstimate(args: readonly string[], context: CommandContext): Promise<number> {
  const printed: Promise<void>[] = [];
  const options = parseEstimateFlags(args, (text) => printed.push(context.print(text)));
  await Promise.all(printed);
  if (options === undefined) return 0;
  const { region, profile, out, html } = options;
  if (html !== undefined) await prepareFile('--html', html);
  if (out !== undefined) await prepareFile('--out', out);
  await using source = await openEstimateSource(options.source, { region, profile, signal: context.signal });
  const estimate = await estimateSource(source, options, context);
  await context.print(
    options.json ? `${JSON.stringify(estimate, null, 2)}\n` : renderEstimate(estimate, context.columns),
  );
  await writeResults(estimate, options, context);
  return 0;
}

async function estimateSource(
  source: EstimateSource,
  options: EstimateFlags,
  context: CommandContext,
): Promise<Estimate> {
  const { bucket, region: from } = source;
  const to = chooseTargets(options.to, from);
  const economics = await ruleEconomics(options.configuration, { bucket, from, to });
  const random = sampleRandom(options.seed);
  const population = await listAll(source, options.depth, random, context);
  const { strata } = population;
  if (strata.length === 0) {
    throw new ImpossibleEstimateError(`There are no objects to read in ${source.name}.`, {
      context: { source: source.name },
    });
  }
  const samples = planSample(strata, options.sampleBytes, random);
  const month = monthOf(strata, options.monthlyBytes);
  const reading = costOfReading(source, samples, economics);
  sayCost(source, reading, context);
  const { domains: measures, unread } = await measure(source, samples, context, {
    prices: marginalPrices(economics.costs),
    archiveBytes: archiveBytesOf(strata, month),
    bytes: reading.bytes,
  });
  const monthIs = options.monthlyBytes === undefined ? 'last-30-days' : 'given';
  const remarks = remarksOf({ population, unread, monthIs, skipped: source.skipped(), time: source.time });
  const facts = {
    source: source.name,
    bucket,
    region: from,
    to,
    prefix: source.prefix,
    monthIs,
    reading,
    remarks,
  } as const;
  return makeEstimate({ ...facts, measures, month, economics });
}

async function listAll(
  source: EstimateSource,
  depth: number,
  random: () => number,
  context: CommandContext,
): Promise<Population> {
  const since = source.time - RECENT_DAYS * MILLISECONDS_PER_DAY;
  const population = new Population({ prefix: source.prefix, depth, since, random });
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

type EstimateReading = Estimate['reading'];

function costOfReading(
  source: EstimateSource,
  samples: readonly StratumSample[],
  { prices }: RuleEconomics,
): EstimateReading {
  const units = samples.flatMap((sample) => sample.units);
  const listRequests = source.listRequests();
  const readRequests = source.isRemote ? units.filter(({ length }) => length > 0).length : 0;
  return {
    listRequests,
    readRequests,
    bytes: units.reduce((sum, { length }) => sum + length, 0),
    // S3 bills a page of a listing as a PUT.
    dollars: listRequests * prices.s3_put_request + readRequests * prices.s3_get_request,
  };
}

function sayCost(source: EstimateSource, reading: EstimateReading, { note }: CommandContext): void {
  const { listRequests, readRequests, bytes, dollars } = reading;
  if (!source.isRemote) {
    note(`Reading ${formatBytes(bytes)} of ${source.name}.`);
    return;
  }
  const outside = (bytes / BILLED_GIGABYTE) * INTERNET_GIGABYTE;
  note(
    `Listed with ${formatPlural(listRequests, 'request')}; reading a sample of ${formatBytes(bytes)} with ${formatCount(readRequests)} GETs. ` +
      `This costs $${dollars.toFixed(4)}, and up to $${outside.toFixed(4)} more for transfer if you run it outside AWS.`,
  );
}

async function measure(
  source: EstimateSource,
  samples: readonly StratumSample[],
  context: CommandContext,
  {
    bytes,
    ...options
  }: Pick<Parameters<typeof measureSample>[1], 'prices' | 'archiveBytes'> & { readonly bytes: number },
): ReturnType<typeof measureSample> {
  const { signal } = context;
  return await withMeter(context, { what: 'Reading', unit: 'bytes' }, (meter) => {
    let read = 0;
    const onRead = (more: number): void => {
      read += more;
      meter.reach(read, bytes);
    };
    return measureSample(samples, { reader: source, signal, onRead, ...options });
  });
}

async function writeResults(estimate: Estimate, { out, html }: EstimateFlags, { note }: CommandContext): Promise<void> {
  if (html !== undefined) {
    await withFilePath(html, writeFile(html, renderEstimatePage(estimate, new Date())));
    note(`Wrote ${shortPath(html)}.`);
  }
  if (out === undefined) return;
  const rules = renderRules(estimate);
  if (rules === undefined) {
    note(`No rule pays off: ${shortPath(out)} was not written.`);
    return;
  }
  await withFilePath(out, writeFile(out, rules));
  note(`Wrote ${shortPath(out)}. Its target bucket names are placeholders: replace them with yours.`);
}
