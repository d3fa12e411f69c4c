import * as z from 'zod';
import { parseJson } from '../../json.ts';
import { InvalidConfigurationError } from '../errors.ts';
import type { SettingsFile } from '../schema/schema.ts';
import { type PriceName, unitPriceFields } from '../schema/unit-prices.ts';
import type { Prices } from './prices.ts';

export const PRICE_FILE = 'prices.json';

const price = z.number().positive();

const priceFileSchema = z.strictObject({
  /** Day on which the prices were last compared with their sources. */
  date: z.iso.date(),
  currency: z.literal('USD'),
  sources: z.array(z.string()).min(1),
  /** Prices of us-east-1, which are used for those of every region. */
  everywhere: z.strictObject(unitPriceFields),
  /** USD per GB by sending region, then by receiving region; `other` is for all regions that are not listed. */
  transfer_gb: z.record(z.string(), z.record(z.string(), price)),
});

export type PriceFile = z.infer<typeof priceFileSchema>;

/** Prices of the user's own contract, as written in settings.json. */
export type OwnPrices = NonNullable<SettingsFile['prices']>;

/**
 * Reads the text of `prices.json`.
 * @throws InvalidConfigurationError with all its problems
 */
export function parsePriceFile(text: string): PriceFile {
  const result = priceFileSchema.safeParse(parseJson(text, notJson));
  if (result.success) return result.data;
  throw new InvalidConfigurationError(
    result.error.issues.map(({ path, message }) => ({ file: PRICE_FILE, path: path.join('.'), message })),
  );
}

/** USD per GB from one region to another; undefined when the file does not say. */
export function findFileTransferPrice(
  { transfer_gb }: PriceFile,
  fromRegion: string,
  toRegion: string,
): number | undefined {
  const prices = transfer_gb[fromRegion];
  return prices?.[toRegion] ?? prices?.['other'];
}

/** A price of the user's own contract: of a unit, or of a GB from one region to another; undefined if it has none. */
export function findOwnPrice(
  own: OwnPrices | undefined,
  wanted: PriceName | { readonly fromRegion: string; readonly toRegion: string },
): number | undefined {
  if (typeof wanted === 'string') return own?.[wanted];
  return own?.transfer_gb?.[wanted.fromRegion]?.[wanted.toRegion];
}

/**
 * Prices of one source region without the AWS Price List: the user's own prices first, then the file. A region that is
 * in neither is left out, and `transferPrice` refuses it.
 */
export function pricesFromFile(
  file: PriceFile,
  own: OwnPrices | undefined,
  { fromRegion, toRegions }: { readonly fromRegion: string; readonly toRegions: readonly string[] },
): Prices {
  const transfer = toRegions.flatMap((toRegion) => {
    const found = findOwnPrice(own, { fromRegion, toRegion }) ?? findFileTransferPrice(file, fromRegion, toRegion);
    return found === undefined ? [] : [[toRegion, found] as const];
  });
  const ownUnits = Object.keys(unitPriceFields).flatMap((name) => {
    const found = findOwnPrice(own, name as PriceName);
    return found === undefined ? [] : [[name, found] as const];
  });
  return {
    ...file.everywhere,
    ...Object.fromEntries(ownUnits),
    transfer_gb: Object.fromEntries(transfer),
    date: own === undefined || file.date < own.date ? file.date : own.date,
    source: own === undefined ? PRICE_FILE : `${own.source}; ${PRICE_FILE}`,
  };
}

function notJson(cause: unknown): InvalidConfigurationError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new InvalidConfigurationError([{ file: PRICE_FILE, path: '', message }], cause);
}
