import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidConfigurationError } from '../errors.ts';
import { PRICE_FILE, type PriceFile, parsePriceFile } from './price-file.ts';

/**
 * Reads `prices.json` of a configuration directory.
 * @throws InvalidConfigurationError
 */
export async function loadPriceFile(directory: string): Promise<PriceFile> {
  const path = join(directory, PRICE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidConfigurationError([{ file: PRICE_FILE, path: '', message }], cause);
  }
  return parsePriceFile(text);
}
