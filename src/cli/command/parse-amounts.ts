import { InvalidArgumentError } from 'commander';

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `500`, `10KB`, `1.5GB`, `64MiB`. @throws InvalidArgumentError */
export function parseByteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const scale = BYTE_UNITS[unit.toUpperCase()];
  if (digits !== undefined && scale !== undefined) return Math.round(Number(digits) * scale);
  throw new InvalidArgumentError('A size is a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 10MB.');
}

/** `500` or `500/s`, above 0. @throws InvalidArgumentError */
export function parseRate(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) > 0) return Number(digits);
  throw new InvalidArgumentError('A rate is a number of objects per second, such as 500/s.');
}

/** ISO 8601, date alone or with time; UTC where no zone is given. @returns milliseconds since 1970 @throws InvalidArgumentError */
export function parseTime(text: string): number {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text);
  const hasZone = isDate || /(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = isDate || isTime ? Date.parse(hasZone ? text : `${text}Z`) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('A time is ISO 8601, such as 2026-11-23 or 2026-11-23T10:00:00Z.');
}

/** A whole number from 1 on. @throws InvalidArgumentError */
export function parsePositiveInteger(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}
