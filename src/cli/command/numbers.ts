import { TIB } from '../../units.ts';

/** Numbers as people read them. Units of bytes are decimal, except in names with "billed". */
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const AMOUNT = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/** As AWS bills it. */
const TERABYTE_OF_BILL = TIB;
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `1 object`, `2 objects`. */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

export function formatBytes(bytes: number): string {
  return formatUnits(bytes, 1000);
}

/** For use next to dollars: in billing units (powers of 1024), as `parseBilledVolume` reads them. */
export function formatBilledBytes(bytes: number): string {
  return formatUnits(bytes, 1024);
}

function formatUnits(bytes: number, step: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= step - 0.5 && unit < UNITS.length - 1) {
    value /= step;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s`;
}

/** `45 s`, `12 min`, `3.5 h`. @param seconds a negative value counts as 0 */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, seconds);
  if (whole < 90) return `${whole.toFixed(0)} s`;
  if (whole < 5400) return `${(whole / 60).toFixed(0)} min`;
  return `${(whole / 3600).toFixed(1)} h`;
}

/** A few gigabytes cost fractions of a cent, so small amounts get more digits. */
export function formatDollars(dollars: number): string {
  return `$${dollars.toFixed(Math.abs(dollars) < 1 ? 5 : 2)}`;
}

/** The cost of bytes per billed terabyte; undefined for no bytes. */
export function formatDollarsPerTerabyte(dollars: number, bytes: number): string {
  return bytes === 0 ? '–' : formatDollars((dollars / bytes) * TERABYTE_OF_BILL);
}

/** `1,861.53`, `-16.37`: for use under a heading that says USD. */
export function formatAmount(dollars: number): string {
  return AMOUNT.format(dollars).replace(/^-0\.00$/, '0.00');
}

/** `+1.5%`. */
export function formatShare(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)}%`;
}

/** Original divided by compressed bytes; undefined if nothing was compressed. */
export function formatRatio(ratio: number | null): string {
  return ratio === null ? '–' : `${ratio.toFixed(2)} : 1`;
}

/** @returns null if nothing was compressed */
export function ratioOf(bytes: number, compressedBytes: number): number | null {
  return compressedBytes === 0 ? null : bytes / compressedBytes;
}
