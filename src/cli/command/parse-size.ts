import { InvalidArgumentError } from 'commander';
import { BILLED_GIGABYTE } from '../../adaptive/cost-model.ts';

const DECIMAL: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const GIGABYTES_PER_TERABYTE = 1024;

/** @returns bytes of a size as people write it, such as `25KB` or `1.5GB`: powers of ten */
export function parseByteSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT])B$/.exec(text) ?? [];
  const bytes = Number(digits) * (DECIMAL[unit] ?? 0);
  if (bytes > 0) return Math.round(bytes);
  throw new InvalidArgumentError('A size is a number of KB, MB, GB or TB, such as 256MB.');
}

/** @returns bytes of a volume as a bill counts it, such as `50TB`: powers of two */
export function parseBilledVolume(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([GT])B$/.exec(text) ?? [];
  const bytes = Number(digits) * (unit === 'T' ? GIGABYTES_PER_TERABYTE : 1) * BILLED_GIGABYTE;
  if (unit !== '' && bytes > 0) return bytes;
  throw new InvalidArgumentError('A volume is a number of GB or TB, such as 50TB.');
}

/** @returns a whole number above 0 */
export function parsePositiveCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
