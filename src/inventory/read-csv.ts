import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ObjectEntry } from '../listing/dependencies.ts';
import { MIB } from '../units.ts';
import { decodeInventoryKey, splitCsvLine } from './csv-fields.ts';
import type { InventoryFile } from './dependencies.ts';
import { InvalidInventoryError } from './errors.ts';
import { FIELDS, type InventoryField, readInventoryRow } from './inventory-row.ts';
import type { InventoryDataFile } from './manifest.ts';

/** Bytes of a ranged read. */
const READ = 8 * MIB;
const ROWS_PER_PAGE = 1000;

/**
 * Objects of a data file in CSV, compressed with gzip or not.
 * @param fields of the manifest
 * @throws InvalidInventoryError, also when the MD5 is not that of the manifest
 */
export async function* readCsv(
  file: InventoryFile,
  { key: name, md5 }: InventoryDataFile,
  fields: readonly string[],
): AsyncGenerator<readonly ObjectEntry[], void> {
  const digest = createHash('md5');
  const columns = columnsOf(fields);
  let page: ObjectEntry[] = [];
  let number = 0;
  for await (const line of linesOf(file, name, (chunk) => digest.update(chunk))) {
    number += 1;
    if (line === '') continue;
    const position = `line ${number} of ${name}`;
    const values = splitCsvLine(line, position);
    const entry = readInventoryRow((field) => fieldValue(field, values, columns, position), position);
    if (entry !== undefined) page.push(entry);
    if (page.length < ROWS_PER_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
  const found = digest.digest('hex');
  if (md5 !== undefined && found !== md5.toLowerCase()) {
    throw new InvalidInventoryError(`${name} has MD5 ${found}, but the manifest says ${md5}.`, { context: { name } });
  }
}

type Columns = Readonly<Record<InventoryField, number>>;

function columnsOf(fields: readonly string[]): Columns {
  const index = (field: InventoryField): number => fields.indexOf(FIELDS[field][0]);
  return {
    key: index('key'),
    size: index('size'),
    etag: index('etag'),
    lastModified: index('lastModified'),
    storageClass: index('storageClass'),
    isLatest: index('isLatest'),
    isDeleteMarker: index('isDeleteMarker'),
  };
}

function fieldValue(field: InventoryField, values: readonly string[], columns: Columns, position: string): unknown {
  const value = values[columns[field]];
  if (value === undefined || value === '') return undefined;
  return field === 'key' ? decodeInventoryKey(value, position) : value;
}

async function* linesOf(
  file: InventoryFile,
  name: string,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of contentOf(file, name, onChunk)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
  } catch (cause) {
    if (!isDecompressionError(cause)) throw cause;
    throw new InvalidInventoryError(`${name} is not a complete gzip file.`, { context: { name }, cause });
  }
  yield rest;
}

function contentOf(file: InventoryFile, name: string, onChunk: (chunk: Uint8Array) => void): AsyncIterable<Uint8Array> {
  const chunks = chunksOf(file, onChunk);
  // Errors of either stream surface in the second one.
  return name.endsWith('.gz') ? pipeline(Readable.from(chunks), createGunzip(), () => undefined) : chunks;
}

async function* chunksOf(file: InventoryFile, onChunk: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < file.size; start += READ) {
    const chunk = await file.read(start, Math.min(READ, file.size - start));
    onChunk(chunk);
    yield chunk;
  }
}

/** Recognized by shape: zlib's errors have a code such as Z_DATA_ERROR. */
function isDecompressionError(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return false;
  return typeof thrown.code === 'string' && thrown.code.startsWith('Z_');
}
