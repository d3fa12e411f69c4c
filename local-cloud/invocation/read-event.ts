import { readFile } from 'node:fs/promises';
import { parseJson } from '../../src/json.ts';
import { MIB } from '../../src/units.ts';
import { EventFileError } from '../errors.ts';

/** Lambda's limit of an event (AWS Lambda Developer Guide, "Quotas"); the emulator would silently truncate it. */
const MAX_EVENT_BYTES = 6 * MIB;

/** @throws EventFileError when the file cannot be read, is not JSON, or is larger than Lambda accepts */
export async function readEvent(file: string): Promise<unknown> {
  const text = await readEventText(file);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_EVENT_BYTES) {
    throw new EventFileError(
      `${file} has ${bytes} bytes; Lambda accepts events of up to ${MAX_EVENT_BYTES}. Use fewer or smaller records.`,
      { context: { file, bytes } },
    );
  }
  return parseJson(
    text,
    (cause) => new EventFileError(`${file} is not JSON: ${String(cause)}`, { context: { file }, cause }),
  );
}

async function readEventText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new EventFileError(`The event file ${file} cannot be read: ${String(cause)}`, { context: { file }, cause });
  }
}
