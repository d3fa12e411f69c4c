/**
 * Formats the time of the earliest object for the archive's key, so that keys sort by it.
 * @param milliseconds since 1970
 */
export function formatKeyTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:.]/g, '');
}

const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z-/;

/**
 * Parses that time.
 * @param name of the archive: its key without the rule
 * @returns milliseconds since 1970; undefined for archives of other implementations, which have no time
 */
export function parseKeyTime(name: string): number | undefined {
  const [, year, month, day, hour, minute, second, millisecond] = TIME.exec(name) ?? [];
  if (millisecond === undefined) return undefined;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
  return Number.isNaN(time) ? undefined : time;
}
