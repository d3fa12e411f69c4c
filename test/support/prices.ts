import { readFileSync } from 'node:fs';
import { parsePriceFile, pricesFromFile } from '../../src/configuration/prices/price-file.ts';
import type { Prices } from '../../src/configuration/prices/prices.ts';

const FILE = parsePriceFile(readFileSync(new URL('../../configuration/prices.json', import.meta.url), 'utf8'));

/** The committed prices from eu-west-1 to us-east-1, unless the test overrides them. */
export function examplePrices(overrides: Partial<Prices> = {}): Prices {
  return { ...pricesFromFile(FILE, undefined, { fromRegion: 'eu-west-1', toRegions: ['us-east-1'] }), ...overrides };
}
