import { InvalidArgumentError } from 'commander';
import { BILLED_GIGABYTE } from '../../adaptive/cost-model.ts';
import { GIB, KIB, MIB, TIB } from '../../units.ts';

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB,
  MIB,
  GIB,
  TIB,
};
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { GB: BILLED_GIGABYTE, TB: TIB };
const AGE_UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `500`, `10KB`, `1.5GB`, `64MiB`; 0 is allowed. @throws InvalidArgumentError */
export function parseByteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const scale = BYTE_UNITS[unit.toUpperCase()];
  if (digits !== undefined && scale !== undefined) return Math.round(Number(digits) * scale);
  throw new InvalidArgumentError('A size is a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 10MB.');
}

/** The same, above 0. @throws InvalidArgumentError */
export function parseByteSize(text: string): number {
  const bytes = parseByteCount(text);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError('A size must be above 0, such as 256MB.');
}

/** `500GB`, `50TB` as a bill counts them, in powers of two. @returns bytes @throws InvalidArgumentError */
export function parseBilledVolume(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(GB|TB)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (BYTES_PER_UNIT[unit.toUpperCase()] ?? 0);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError('A volume is a number of GB or TB above 0, such as 50TB.');
}

/** `500` or `500/s`, above 0. @throws InvalidArgumentError */
export function parseRate(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) > 0) return Number(digits);
  throw new InvalidArgumentError('A rate is a number of objects per second, such as 500/s.');
}

/**
 * ISO 8601, a date with or without a time; UTC if no zone is given.
 * @returns milliseconds since 1970
 * @throws InvalidArgumentError
 */
export function parseTime(text: string): number {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text);
  const hasZone = isDate || /(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = isDate || isTime ? Date.parse(hasZone ? text : `${text}Z`) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('A time is ISO 8601, such as 2026-11-23 or 2026-11-23T10:00:00Z.');
}

/** `30s`, `15m`, `12h`, `7d`. @returns seconds @throws InvalidArgumentError */
export function parseAge(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const scale = AGE_UNITS[unit];
  if (digits !== undefined && scale !== undefined) return Number(digits) * scale;
  throw new InvalidArgumentError('An age is a whole number with s, m, h or d, such as 12h.');
}

/** Parses a whole number in a range. @param what names it, such as `An interval` */
export function integerBetween(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^-?\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`${what} is a whole number from ${min} to ${max}.`);
  };
}

/** A whole number above 0. @throws InvalidArgumentError */
export function parsePositiveInteger(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
