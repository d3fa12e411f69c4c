import { type RuleCosts, ruleCosts } from '../../adaptive/cost-model.ts';
import { InvalidConfigurationError, MissingPriceError } from '../../configuration/errors.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { type OwnPrices, pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { Prices } from '../../configuration/prices/prices.ts';
import { regionSchema } from '../../configuration/schema/schema.ts';
import { dollarsOfRule, fixedCosts, sumDollars } from '../../templates/fixed-costs.ts';
import { CONFIGURATION } from '../command/deployment-files.ts';
import { ImpossibleEstimateError } from './errors.ts';
import { targetBucket } from './rule-entries.ts';

/** The cost of a rule between these regions. */
export interface RuleEconomics {
  readonly prices: Prices;
  readonly costs: RuleCosts;
  /** USD per month of a rule, whatever its volume. */
  readonly rule: number;
  /** USD per month of the regions before the first rule. */
  readonly regions: number;
}

/**
 * Uses the project's prices and those of the user's own contract.
 * @param folder of the configuration
 * @throws ImpossibleEstimateError if a transfer price is unknown, InvalidConfigurationError
 */
export async function ruleEconomics(
  folder: string,
  { bucket, from, to }: { readonly bucket: string; readonly from: string; readonly to: readonly string[] },
): Promise<RuleEconomics> {
  const file = await loadPriceFile(CONFIGURATION);
  const prices = pricesFromFile(file, await ownPrices(folder), { fromRegion: from, toRegions: to });
  const destinations = to.map((region) => ({
    region,
    bucket: targetBucket(bucket, region),
    onConflict: 'overwrite' as const,
  }));
  return {
    prices,
    costs: costsOf(destinations, prices, from),
    rule: dollarsOfRule(to.length),
    regions: regionDollars(from, ['source']) + to.reduce((sum, region) => sum + regionDollars(region, ['target']), 0),
  };
}

function costsOf(
  destinations: Parameters<typeof ruleCosts>[0]['destinations'],
  prices: Prices,
  from: string,
): RuleCosts {
  try {
    return ruleCosts({ destinations }, prices);
  } catch (cause) {
    if (!(cause instanceof MissingPriceError)) throw cause;
    throw new ImpossibleEstimateError(
      `There is no transfer price from ${from} to ${destinations.map(({ region }) => region).join(', ')}. Add it to "prices" in settings.json (docs/configuration.md), and name the folder of that file with --configuration.`,
      { context: { from }, cause },
    );
  }
}

/** The prices in the settings; none for the committed example, or for a configuration that is not valid yet. */
async function ownPrices(folder: string): Promise<OwnPrices | undefined> {
  try {
    return (await loadConfiguration(folder)).settings.prices;
  } catch (thrown) {
    if (folder === CONFIGURATION && thrown instanceof InvalidConfigurationError) return undefined;
    throw thrown;
  }
}

function regionDollars(region: string, roles: readonly ('source' | 'target')[]): number {
  const settings = regionSchema.parse({ region, source_target: roles });
  return sumDollars(fixedCosts({ region, settings, outgoing: [], incoming: [] }));
}
