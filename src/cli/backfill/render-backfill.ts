import type { BackfillForecast } from '../../backfill/count-objects.ts';
import type { BackfillCounts } from '../../backfill/run-backfill.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { findPriceFolder } from '../command/deployment-files.ts';
import { formatBytes, formatCount, formatDollars, formatDuration, formatPlural } from '../command/numbers.ts';
import { rateLimitsOf } from '../command/scan-options.ts';
import { wrapBehind, wrapText } from '../command/wrap-text.ts';
import { backfillCost } from './backfill-cost.ts';

interface PricedRule {
  readonly rule: DeployedRule;
  readonly configuration: Configuration;
  readonly flags: { readonly configuration: string; readonly rate?: number; readonly maxBytesPerHour?: number };
}

export interface OutputStyle {
  readonly json: boolean;
  /** Of the terminal; absent: there is none. */
  readonly columns?: number | undefined;
}

const LABEL_WIDTH = 11;

/** Describes the work and cost of a backfill in advance. @throws MissingPriceError */
export async function renderForecast(
  forecast: BackfillForecast,
  { rule, configuration, flags }: PricedRule,
  { json, columns = Number.POSITIVE_INFINITY }: OutputStyle,
): Promise<string> {
  const prices = pricesFromFile(
    await loadPriceFile(await findPriceFolder(flags.configuration)),
    configuration.settings.prices,
    {
      fromRegion: rule.source.region,
      toRegions: [...new Set(rule.destinations.map(({ region }) => region))],
    },
  );
  const cost = backfillCost(forecast, rule, prices, rateLimitsOf(flags));
  if (json) return `${JSON.stringify({ rule: rule.id, ...forecast, ...cost })}\n`;
  const { listed, objects, bytes, leftOut, archived } = forecast;
  const rows: readonly (readonly [label: string, text: string])[] = [
    ['rule', rule.id],
    ['listed', `${formatCount(listed)}, of which ${formatCount(leftOut)} do not match`],
    ...Object.entries(archived).map(
      ([name, count]) => ['archived', `${formatCount(count)} in ${name}, which cannot be read`] as const,
    ),
    [
      'to queue',
      `${formatPlural(objects, 'object')}, ${formatBytes(bytes)}, about ${formatPlural(cost.archives, 'archive')}`,
    ],
    ['time', `about ${formatDuration(3600 * cost.hours)} until everything is packed`],
    [
      'dollars',
      `${formatDollars(cost.dollars)} if it compresses to a third, ${formatDollars(cost.dollarsAtMost)} if it does not compress; S3's own replication: ${formatDollars(cost.plainDollars)}`,
    ],
  ];
  const lines = rows.flatMap(([label, text]) => wrapBehind(label.padEnd(LABEL_WIDTH), text, columns));
  return `${lines.join('\n')}\n`;
}

/** Describes the completed work of a backfill. */
export function renderOutcome(
  counts: BackfillCounts,
  classes: Readonly<Record<string, number>>,
  rule: DeployedRule,
  { json, columns = Number.POSITIVE_INFINITY }: OutputStyle,
): string {
  if (json) return `${JSON.stringify({ rule: rule.id, ...counts, archivedClasses: classes })}\n`;
  const { queued, queuedBytes, listed, archived } = counts;
  const cold = archived === 0 ? '' : `; ${formatPlural(archived, 'object')} in archived classes skipped`;
  const text = `Queued ${formatPlural(queued, 'object')}, ${formatBytes(queuedBytes)}, of ${formatCount(listed)} listed${cold}.`;
  return `${wrapText(text, columns).join('\n')}\n`;
}
