import * as z from 'zod';
import { parseJson } from '../../json.ts';
import { InvalidEnvironmentError, MissingPriceError } from '../errors.ts';
import { dollars } from '../schema/fields.ts';
import { type UnitPrices, unitPriceFields } from '../schema/unit-prices.ts';

/** Prices for the work of one source region. */
export interface Prices extends UnitPrices {
  /** USD per GB to each target region. */
  readonly transfer_gb: Readonly<Record<string, number>>;
  /** Day of the oldest of them, as `YYYY-MM-DD`. */
  readonly date: string;
  /** The source of the prices. */
  readonly source: string;
}

const pricesVariable = z.object({
  ...unitPriceFields,
  transfer_gb: z.record(z.string(), dollars('Per GB.')),
  date: z.iso.date(),
  source: z.string().min(1),
});

/**
 * Reads the prices from a function's environment.
 * @throws InvalidEnvironmentError that names every price that is missing or impossible
 */
export function parsePrices(json: string): Prices {
  const value = parseJson(json, (cause) =>
    invalidPrices(cause instanceof Error ? cause.message : String(cause), cause),
  );
  const result = pricesVariable.safeParse(value);
  if (result.success) return result.data;
  throw invalidPrices(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** @throws MissingPriceError when a region has none: a missing price must never count as free */
export function transferPrice({ transfer_gb }: Pick<Prices, 'transfer_gb'>, region: string): number {
  const price = transfer_gb[region];
  if (price !== undefined) return price;
  throw new MissingPriceError(
    `No price is known for transfer to ${region}. Deploy the source region again, or add it to "prices" in settings.json.`,
    { context: { price: `transfer_gb.${region}` } },
  );
}

function invalidPrices(problem: string, cause?: unknown): InvalidEnvironmentError {
  return new InvalidEnvironmentError(`PRICES cannot be used. ${problem}. Deploy the source region again.`, { cause });
}
