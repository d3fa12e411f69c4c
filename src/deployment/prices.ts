import { CompressorError } from '../errors.ts';
import { PriceMissingError } from './errors.ts';
import type { DeploymentLog, PriceList, PriceQuery } from './ports.ts';
import { findFiledPrice, type PriceFile } from './price-file.ts';
import { PRICE_NAMES, type PriceName, queryPrice, queryTransfer, type UnitPrices } from './price-names.ts';

/** What this region's work costs. */
export interface Prices extends UnitPrices {
  /** USD a GB (10^9 bytes) to each target region. */
  readonly transfer_gb: Readonly<Record<string, number>>;
}

export interface PriceReport {
  readonly prices: Prices;
  /** Day of the oldest of them, as `YYYY-MM-DD`. */
  readonly date: string;
  readonly source: 'price-list' | 'file' | 'price-list and file';
}

export interface PriceDependencies {
  readonly priceList: PriceList;
  readonly file: PriceFile;
  /** Region of the stack. */
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: DeploymentLog;
}

/**
 * Prices from the Price List, and where that has none, or more than one, from the file. A price that neither knows is
 * an error: with 0 in its place the compressor would take something dear for free.
 * @throws PriceMissingError that tells where to put the price
 */
export async function readPrices(
  targetRegions: readonly string[],
  { priceList, file, region, now, log }: PriceDependencies,
  signal: AbortSignal,
): Promise<PriceReport> {
  const used = new Set<'price-list' | 'file'>();
  let available = true;
  const askPriceList = async (query: PriceQuery): Promise<number | undefined> => {
    if (!available) return undefined;
    try {
      const found = new Set(await priceList.find(query, signal));
      const [price] = found;
      if (found.size === 1) return price;
      log.warn('The Price List does not name one price; the price file does', { query, found: [...found] });
    } catch (thrown) {
      // Prices are for decisions and reports: an outage of the list must not hold up a deployment.
      if (!(thrown instanceof CompressorError) || signal.aborted) throw thrown;
      available = false;
      log.logFailure('The Price List cannot be read; the price file stands in', thrown);
    }
    return undefined;
  };
  const find = async (query: PriceQuery, filed: number | undefined, place: string): Promise<number> => {
    const listed = await askPriceList(query);
    const price = listed ?? filed;
    if (price === undefined) throw missingPrice(place);
    used.add(listed === undefined ? 'file' : 'price-list');
    return price;
  };

  const units: Partial<Record<PriceName, number>> = {};
  for (const name of PRICE_NAMES) units[name] = await find(queryPrice(name, region), file.everywhere[name], name);
  const transfer: Record<string, number> = {};
  for (const target of targetRegions) {
    const filed = findFiledPrice(file, region, target);
    transfer[target] = await find(queryTransfer(region, target), filed, `transfer_gb.${region}.${target}`);
  }
  const source = used.size === 2 ? 'price-list and file' : used.has('file') ? 'file' : 'price-list';
  const date = source === 'price-list' ? new Date(now()).toISOString().slice(0, 10) : file.date;
  return { prices: { ...(units as UnitPrices), transfer_gb: transfer }, date, source };
}

function missingPrice(place: string): PriceMissingError {
  return new PriceMissingError(
    `Neither the AWS Price List nor configuration/prices.json has the price ${place}. Add it to configuration/prices.json ` +
      '(USD, from the price page of the service), then deploy again.',
    { context: { price: place } },
  );
}
