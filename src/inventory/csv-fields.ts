import { InvalidInventoryError } from './errors.ts';

/** A field of a line: in quotes, with inner quotes doubled, or without quotes. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/**
 * Fields of one line of CSV as S3 Inventory writes it. A line is a row: keys are encoded, and no other field can
 * contain a line break.
 * @param position of the line, for messages
 * @throws InvalidInventoryError
 */
export function splitCsvLine(line: string, position: string): string[] {
  // S3's usual form: every field in quotes, without quotes inside.
  if (line.startsWith('"') && line.endsWith('"')) {
    const fields = line.slice(1, -1).split('","');
    if (fields.every((field) => !field.includes('"'))) return fields;
  }
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const [, quoted, plain = '', end] = FIELD.exec(line) ?? [];
    if (end === undefined)
      throw new InvalidInventoryError(`${position} is not a line of CSV.`, { context: { position } });
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') return fields;
  }
}

/** A key in CSV, which uses form encoding: a plus sign is a space. */
export function decodeInventoryKey(encoded: string, position: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidInventoryError(`${position} has a key that is not URL-encoded: "${encoded}".`, {
      context: { position },
      cause,
    });
  }
}
