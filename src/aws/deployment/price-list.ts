import { type PricingClient, paginateGetProducts } from '@aws-sdk/client-pricing';
import * as z from 'zod';
import { UnavailablePriceListError } from '../../deployment/errors.ts';
import type { PriceList, PriceQuery } from '../../deployment/ports.ts';

/** The few regions with a Price List all have the prices of every region. */
export const PRICE_LIST_REGION = 'us-east-1';

/** The fields that we read of a product; the Price List sends it as JSON in a string. */
const productSchema = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({
    OnDemand: z.record(
      z.string(),
      z.object({
        priceDimensions: z.record(
          z.string(),
          z.object({ beginRange: z.coerce.number().default(0), pricePerUnit: z.object({ USD: z.coerce.number() }) }),
        ),
      }),
    ),
  }),
});

type Product = z.infer<typeof productSchema>;

/** Prices from the AWS Price List. */
export class AwsPriceList implements PriceList {
  readonly #client: PricingClient;

  /** @param client of PRICE_LIST_REGION */
  constructor(client: PricingClient) {
    this.#client = client;
  }

  async find(
    { serviceCode, attributes, usageTypeEnd = '' }: PriceQuery,
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const Filters = Object.entries(attributes).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }));
    const prices: number[] = [];
    try {
      const pages = paginateGetProducts(
        { client: this.#client },
        { ServiceCode: serviceCode, FormatVersion: 'aws_v1', Filters },
        { abortSignal: signal },
      );
      for await (const { PriceList: products = [] } of pages) {
        for (const json of products) {
          const product = productSchema.parse(JSON.parse(String(json)));
          if (matchesUsageType(product, usageTypeEnd)) prices.push(...firstPaidTier(product));
        }
      }
    } catch (thrown) {
      signal.throwIfAborted();
      const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      throw new UnavailablePriceListError(`The AWS Price List did not respond for ${serviceCode}: ${said}`, {
        context: { service: serviceCode },
        cause: thrown,
      });
    }
    return prices;
  }
}

/** Usage types begin with the region's code (`EU-`), except those of us-east-1. */
function matchesUsageType({ product }: Product, end: string): boolean {
  const usageType = product.attributes['usagetype'] ?? '';
  return end === '' || usageType === end || usageType.endsWith(`-${end}`);
}

/** The price after the free tier, before volume discounts; empty if all of the product is free. */
function firstPaidTier({ terms }: Product): number[] {
  const tiers = Object.values(terms.OnDemand).flatMap(({ priceDimensions }) => Object.values(priceDimensions));
  const paid = tiers.filter(({ pricePerUnit }) => pricePerUnit.USD > 0);
  return paid
    .toSorted((left, right) => left.beginRange - right.beginRange)
    .slice(0, 1)
    .map(({ pricePerUnit }) => pricePerUnit.USD);
}
