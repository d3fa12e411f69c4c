import { open } from 'node:fs/promises';
import {
  AccessDeniedError,
  CustomerKeyError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectNotFoundError,
  ObjectSizeError,
} from '../../../storage/errors.ts';
import { withoutStamp } from '../../../storage/provenance.ts';
import type { ObjectDescription } from '../../../storage/stored-object.ts';
import { systemErrorText } from '../../command/explain-failure.ts';
import { SourceChangedError } from '../errors.ts';
import type { FileBody, ObjectAttributes, StoredBody } from '../input/planned-object.ts';

/** Bytes that are read in parts, in order. */
export interface OpenBody extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** The object's own properties; absent: the planned ones. */
  readonly attributes?: Omit<ObjectAttributes, 'tags'>;
  /** @throws SourceChangedError */
  read(start: number, length: number): Promise<Buffer>;
  /** @throws SourceChangedError when it has changed */
  check(): Promise<void>;
}

/** Classes that a PUT accepts, and whose objects can be read at once. Others arrive as STANDARD. */
const CLASSES: ReadonlySet<string> = new Set([
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
]);

/** @throws SourceChangedError when the file can no longer be read */
export async function openFile({ path, size }: FileBody): Promise<OpenBody> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SourceChangedError(`it can no longer be read: ${systemErrorText(cause)}`, { context: { path }, cause });
  });
  const check = async (): Promise<void> => {
    if ((await file.stat()).size !== size) throw changed(size);
  };
  return {
    size,
    check,
    read: async (start, length) => {
      const bytes = Buffer.allocUnsafe(length);
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
        if (bytesRead === 0) throw changed(size);
        filled += bytesRead;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/**
 * Opens an object of a real bucket: the request for its first bytes also returns its properties.
 * @param firstBytes to read at once; later requests ask for no more than that
 * @throws SourceChangedError if it is no longer the listed version, or must not be read
 */
export async function openStored({ location, etag, size, reader }: StoredBody, firstBytes: number): Promise<OpenBody> {
  const read = async (start: number, length: number): Promise<{ bytes: Buffer; description: ObjectDescription }> => {
    const bytes = Buffer.alloc(length);
    const range = length === size ? {} : { start };
    try {
      return { bytes, description: await reader.read({ ...location, etag, into: bytes, ...range }) };
    } catch (thrown) {
      throw isOfObject(thrown) ? new SourceChangedError(thrown.message, { cause: thrown }) : thrown;
    }
  };
  const first = await read(0, Math.min(size, firstBytes));
  return {
    size,
    attributes: attributesOf(first.description),
    // Each read is pinned to the version that was listed.
    check: () => Promise.resolve(),
    read: async (start, length) =>
      start === 0 && length === first.bytes.byteLength ? first.bytes : (await read(start, length)).bytes,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Problems with one object that do not affect the others. */
function isOfObject(thrown: unknown): thrown is Error {
  return [
    ObjectNotFoundError,
    ObjectChangedError,
    ObjectSizeError,
    ObjectArchivedError,
    CustomerKeyError,
    AccessDeniedError,
  ].some((kind) => thrown instanceof kind);
}

function attributesOf({ headers, metadata, storageClass }: ObjectDescription): Omit<ObjectAttributes, 'tags'> {
  const { expires, ...others } = headers;
  // The SDK only accepts a date, and formats it in its own way.
  const date = expires === undefined ? Number.NaN : Date.parse(expires);
  return {
    headers: Number.isNaN(date) ? others : { ...others, expires: new Date(date).toUTCString() },
    metadata: withoutStamp(metadata),
    storageClass: CLASSES.has(storageClass) ? storageClass : 'STANDARD',
  };
}

function changed(size: number): SourceChangedError {
  return new SourceChangedError(`it changed while it was being uploaded (it had ${size} bytes)`, { context: { size } });
}
