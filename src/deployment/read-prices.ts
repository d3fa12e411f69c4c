import { MissingPriceError } from '../configuration/errors.ts';
import {
  findFileTransferPrice,
  findOwnPrice,
  type OwnPrices,
  type PriceFile,
} from '../configuration/prices/price-file.ts';
import type { Prices } from '../configuration/prices/prices.ts';
import type { PriceName, UnitPrices } from '../configuration/schema/unit-prices.ts';
import { CompressorError } from '../errors.ts';
import type { DeploymentLog, PriceList, PriceQuery } from './ports.ts';
import { PRICE_NAMES, queryPrice, queryTransfer } from './price-names.ts';

export interface PriceDependencies {
  readonly priceList: PriceList;
  readonly file: PriceFile;
  /** Region of the stack. */
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: DeploymentLog;
}

type Origin = 'settings' | 'price-list' | 'file';

const ORIGINS: Readonly<Record<Origin, string>> = {
  settings: 'settings.json',
  'price-list': 'AWS Price List',
  file: 'prices.json',
};

/**
 * Prices of the user's own contract first, then those of the Price List, and if that has none, or more than one, those
 * of the file. An unknown price is an error: with 0 in its place, the compressor would treat something expensive as
 * free.
 * @throws MissingPriceError that says where to put the price
 */
export async function readPrices(
  targetRegions: readonly string[],
  own: OwnPrices | undefined,
  { priceList, file, region, now, log }: PriceDependencies,
  signal: AbortSignal,
): Promise<Prices> {
  const used = new Set<Origin>();
  let isAvailable = true;
  const askPriceList = async (query: PriceQuery): Promise<number | undefined> => {
    if (!isAvailable) return undefined;
    try {
      const found = new Set(await priceList.find(query, signal));
      const [price] = found;
      if (found.size === 1) return price;
      log.warn('The Price List does not name exactly one price; the price file is used', { query, found: [...found] });
    } catch (thrown) {
      // Prices only serve decisions and reports, so an outage of the Price List must not hold up a deployment.
      if (!(thrown instanceof CompressorError) || signal.aborted) throw thrown;
      isAvailable = false;
      log.logFailure('The Price List cannot be read; the price file is used instead', thrown);
    }
    return undefined;
  };
  const find = async (wanted: Wanted): Promise<number> => {
    const { agreed, query, filed, price } = wanted;
    if (agreed !== undefined) return use('settings', agreed);
    const listed = await askPriceList(query);
    if (listed !== undefined) return use('price-list', listed);
    if (filed !== undefined) return use('file', filed);
    throw missingPrice(price);
  };
  const use = (origin: Origin, price: number): number => {
    used.add(origin);
    return price;
  };

  const units: Partial<Record<PriceName, number>> = {};
  for (const name of PRICE_NAMES) {
    const agreed = findOwnPrice(own, name);
    units[name] = await find({ agreed, query: queryPrice(name, region), filed: file.everywhere[name], price: name });
  }
  const transfer: Record<string, number> = {};
  for (const target of targetRegions) {
    transfer[target] = await find({
      agreed: findOwnPrice(own, { fromRegion: region, toRegion: target }),
      query: queryTransfer(region, target),
      filed: findFileTransferPrice(file, region, target),
      price: `transfer_gb.${region}.${target}`,
    });
  }
  const dates: Readonly<Record<Origin, string>> = {
    settings: own?.date ?? file.date,
    'price-list': new Date(now()).toISOString().slice(0, 10),
    file: file.date,
  };
  const origins = (Object.keys(ORIGINS) as Origin[]).filter((origin) => used.has(origin));
  return {
    ...(units as UnitPrices),
    transfer_gb: transfer,
    date: origins.map((origin) => dates[origin]).toSorted()[0] ?? file.date,
    source: origins.map((origin) => ORIGINS[origin]).join(', '),
  };
}

interface Wanted {
  /** Of the user's own contract. */
  readonly agreed: number | undefined;
  readonly query: PriceQuery;
  readonly filed: number | undefined;
  /** Its name in the error if it is missing. */
  readonly price: string;
}

function missingPrice(price: string): MissingPriceError {
  return new MissingPriceError(
    `Neither settings.json, nor the AWS Price List, nor configuration/prices.json has the price ${price}. Add it to ` +
      'configuration/prices.json (USD, from the price page of the service), then deploy again.',
    { context: { price } },
  );
}
