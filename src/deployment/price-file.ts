import { z } from 'zod';
import { ConfigurationInvalidError } from '../configuration/errors.ts';

export const PRICE_FILE = 'prices.json';

const price = z.number().positive();

const priceFileSchema = z.strictObject({
  /** Day on which somebody last compared the prices with their sources. */
  date: z.iso.date(),
  currency: z.literal('USD'),
  sources: z.array(z.string()).min(1),
  /** Prices of us-east-1, which stand in for those of every region. */
  everywhere: z.strictObject({
    lambda_gb_second: price,
    lambda_request: price,
    s3_put_request: price,
    s3_get_request: price,
    sqs_request: price,
    fargate_vcpu_hour: price,
    fargate_gb_hour: price,
  }),
  /** USD a GB by the region that sends, then by the region that gets; `other` is for all regions not named. */
  transfer_gb: z.record(z.string(), z.record(z.string(), price)),
});

export type PriceFile = z.infer<typeof priceFileSchema>;

/**
 * Reads the text of `prices.json`.
 * @throws ConfigurationInvalidError with all its problems
 */
export function parsePriceFile(text: string): PriceFile {
  const result = priceFileSchema.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new ConfigurationInvalidError(
    result.error.issues.map(({ path, message }) => ({ file: PRICE_FILE, path: path.join('.'), message })),
  );
}

/** USD a GB from one region to another; undefined when the file does not say. */
export function findFiledPrice({ transfer_gb }: PriceFile, fromRegion: string, toRegion: string): number | undefined {
  const prices = transfer_gb[fromRegion];
  return prices?.[toRegion] ?? prices?.['other'];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationInvalidError([{ file: PRICE_FILE, path: '', message }], cause);
  }
}
