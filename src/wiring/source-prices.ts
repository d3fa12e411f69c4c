import { loadPriceFile } from '../configuration/prices/load.ts';
import { pricesFromFile } from '../configuration/prices/price-file.ts';
import { type Prices, parsePrices } from '../configuration/prices/prices.ts';
import type { Configuration } from '../configuration/read-configuration.ts';
import type { ReplicationRule } from '../configuration/rule.ts';

/**
 * The prices for a rule's work: as read by the deployment, or, if nothing is deployed, from prices.json.
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function readSourcePrices(
  {
    PRICES,
    CONFIGURATION_DIRECTORY,
  }: { readonly PRICES?: string | undefined; readonly CONFIGURATION_DIRECTORY: string },
  { settings }: Configuration,
  { source, destinations }: ReplicationRule,
): Promise<Prices> {
  if (PRICES !== undefined) return parsePrices(PRICES);
  return pricesFromFile(await loadPriceFile(CONFIGURATION_DIRECTORY), settings.prices, {
    fromRegion: source.region,
    toRegions: [...new Set(destinations.map(({ region }) => region))],
  });
}
