import { S3Client } from '@aws-sdk/client-s3';
import { crc32, crc32ToBase64 } from '../../archive/checksum.ts';
import {
  ObjectNotFoundError,
  StorageRejectedError,
  UnconfirmedAbsenceError,
  WriteConditionError,
} from '../../storage/errors.ts';
import type {
  CopyRequest,
  DeletedObject,
  ObjectCopier,
  ObjectStore,
  ObjectUpload,
  ObjectVersion,
  PutRequest,
  ReadRequest,
  VersionedLocation,
  VersionLocation,
  VersionReader,
  VersionRemover,
  WriteTarget,
  WrittenVersion,
} from '../../storage/object-store.ts';
import type { ObjectDescription, ObjectLocation, ObjectTag } from '../../storage/stored-object.ts';
import { type ConnectionOptions, type S3Call, S3Connection } from './connection.ts';
import { COPY_LIMITS, type CopyLimits, copyObject } from './copy.ts';
import { describeObject, requireHeader, stripQuotes, withVersion } from './describe-object.ts';
import { encodeUriComponent } from './encode-key.ts';
import { findVersionBelow } from './find-version-below.ts';
import { listUploads } from './list-uploads.ts';
import { ObjectSink } from './object-sink.ts';
import { createS3Upload, resumeS3Upload } from './upload.ts';
import { buildConditionHeaders, buildObjectHeaders } from './write-headers.ts';
import { encodeText, readElements, readText } from './xml.ts';

/** Requests the CRC-32 that S3 keeps. */
const CHECKSUM: readonly string[] = ['x-amz-checksum-mode', 'ENABLED'];

export interface S3ObjectStoreOptions extends ConnectionOptions {
  /** Provides credentials, region and endpoint; objects do not pass through it. Default: from the environment. */
  readonly client?: S3Client;
  readonly copyLimits?: CopyLimits;
}

/**
 * The storage port over S3's REST interface. Every key that S3 allows works, and everything is read as it was written:
 * headers byte for byte, metadata as Unicode.
 */
export class S3ObjectStore implements ObjectStore, VersionReader, VersionRemover, ObjectCopier {
  readonly #connection: S3Connection;
  readonly #copyLimits: CopyLimits;

  constructor(options: S3ObjectStoreOptions = {}) {
    this.#connection = new S3Connection(options.client ?? new S3Client({}), options);
    this.#copyLimits = options.copyLimits ?? COPY_LIMITS;
  }

  async read(request: ReadRequest): Promise<ObjectDescription> {
    const { bucket, key, signal } = request;
    const sink = new ObjectSink(request);
    const headers = buildReadHeaders(request);
    const answer = await this.#connection.send({
      kind: 'read',
      operation: 'GetObject',
      method: 'GET',
      bucket,
      key,
      headers,
      sink,
      signal,
    });
    sink.end();
    return describeObject(answer.headers, sink.objectSize);
  }

  async readTags({ bucket, key }: ObjectLocation, signal?: AbortSignal): ReturnType<ObjectStore['readTags']> {
    const { headers, body } = await this.#connection.send({
      kind: 'read',
      operation: 'GetObjectTagging',
      method: 'GET',
      bucket,
      key,
      query: 'tagging=',
      headers: [],
      signal,
    });
    const versionId = headers.get('x-amz-version-id');
    return { tags: readElements(body, 'Tag').map(readTag), ...(versionId === undefined ? {} : { versionId }) };
  }

  head(location: ObjectLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    return this.#describe(location, { headers: CHECKSUM }, signal);
  }

  async findDeleted(location: ObjectLocation, signal?: AbortSignal): Promise<DeletedObject | undefined> {
    const { bucket, key } = location;
    try {
      await this.#connection.send({
        kind: 'read',
        operation: 'HeadObject',
        method: 'HEAD',
        bucket,
        key,
        headers: [],
        signal,
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      if (error.context['deleteMarker'] !== true) return undefined;
    }
    const { versionId, ...marker } = await findVersionBelow(this.#connection, location, signal);
    if (versionId === undefined) return marker;
    const query = `versionId=${encodeUriComponent(versionId)}`;
    const below = await this.#describe(location, { query, headers: CHECKSUM }, signal);
    return below === undefined ? marker : { ...marker, below };
  }

  async putTags(
    { bucket, key, versionId }: VersionedLocation,
    tags: readonly ObjectTag[],
    signal?: AbortSignal,
  ): Promise<void> {
    const body = Buffer.from(encodeTagging(tags));
    const version = versionId === undefined ? '' : `&versionId=${encodeUriComponent(versionId)}`;
    await this.#connection.send({
      kind: 'write',
      operation: 'PutObjectTagging',
      method: 'PUT',
      bucket,
      key,
      query: `tagging=${version}`,
      headers: ['content-type', 'application/xml', 'x-amz-checksum-crc32', crc32ToBase64(crc32(body))],
      body,
      signal,
    });
  }

  async put(request: PutRequest): Promise<WrittenVersion> {
    const { bucket, key, body, signal } = request;
    const headers = buildObjectHeaders(request);
    headers.push('x-amz-checksum-crc32', crc32ToBase64(request.crc32), ...buildConditionHeaders(request.condition));
    const answer = await this.#connection.send({
      kind: 'write',
      operation: 'PutObject',
      method: 'PUT',
      bucket,
      key,
      headers,
      body,
      signal,
    });
    return withVersion(stripQuotes(requireHeader(answer.headers, 'etag')), answer.headers);
  }

  async describeVersion(version: VersionLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    const query = `versionId=${encodeUriComponent(version.versionId)}`;
    const found = await this.#describe(version, { query, headers: CHECKSUM }, signal);
    if (found === undefined) await this.#confirmAbsence(version, query, signal);
    return found;
  }

  /**
   * A HEAD response has no document that explains a 404; a GET response has one. @throws unless S3 says that the
   * object or version is missing
   */
  async #confirmAbsence(
    { bucket, key }: ObjectLocation,
    query: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      const call = { kind: 'read', operation: 'GetObject', method: 'GET', bucket, key, query, signal } as const;
      await this.#connection.send({ ...call, headers: ['range', 'bytes=0-0'] });
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return;
      throw error;
    }
    throw new UnconfirmedAbsenceError(
      `S3 answered 404 to a HEAD of s3://${bucket}/${key}, but a GET finds it. Try again.`,
      {
        context: { bucket, key },
      },
    );
  }

  copy(request: CopyRequest): Promise<{ etag: string }> {
    return copyObject(this.#connection, request, this.#copyLimits);
  }

  createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload> {
    return createS3Upload(this.#connection, target, signal);
  }

  listUploads(location: ObjectLocation, signal?: AbortSignal): Promise<string[]> {
    return listUploads(this.#connection, location, signal);
  }

  resumeUpload(location: ObjectLocation, id: string, signal?: AbortSignal): Promise<ObjectUpload> {
    return resumeS3Upload(this.#connection, location, id, signal);
  }

  async remove({ bucket, key, etag }: ObjectVersion): Promise<boolean> {
    try {
      await this.#connection.send({
        kind: 'remove',
        operation: 'DeleteObject',
        method: 'DELETE',
        bucket,
        key,
        headers: ['if-match', `"${etag}"`],
      });
      return true;
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError || error instanceof WriteConditionError)) throw error;
      return false;
    }
  }

  async removeVersion({ bucket, key, versionId }: VersionLocation): Promise<void> {
    try {
      await this.#connection.send({
        kind: 'remove',
        operation: 'DeleteObject',
        method: 'DELETE',
        bucket,
        key,
        query: `versionId=${encodeUriComponent(versionId)}`,
        headers: [],
      });
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }

  async #describe(
    { bucket, key }: ObjectLocation,
    call: Pick<S3Call, 'query' | 'headers'>,
    signal: AbortSignal | undefined,
  ): Promise<ObjectDescription | undefined> {
    try {
      const { headers } = await this.#connection.send({
        kind: 'read',
        operation: 'HeadObject',
        method: 'HEAD',
        bucket,
        key,
        ...call,
        signal,
      });
      return describeObject(headers, Number(requireHeader(headers, 'content-length')));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /** Ends the connections; calls under way finish first. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

function buildReadHeaders({ bucket, key, etag, into, start }: ReadRequest): string[] {
  const headers = ['if-match', `"${etag}"`];
  if (start === undefined) return [...headers, ...CHECKSUM];
  if (into.length === 0) {
    const message = `An empty range of s3://${bucket}/${key} was requested, which HTTP cannot express.`;
    throw new StorageRejectedError(message, { context: { bucket, key, start } });
  }
  return [...headers, 'range', `bytes=${start}-${start + into.length - 1}`];
}

function encodeTagging(tags: readonly ObjectTag[]): string {
  const items = tags.map(
    ({ key, value }) => `<Tag><Key>${encodeText(key)}</Key><Value>${encodeText(value)}</Value></Tag>`,
  );
  return `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${items.join('')}</TagSet></Tagging>`;
}

function readTag(xml: string): ObjectTag {
  return { key: readText(xml, 'Key') ?? '', value: readText(xml, 'Value') ?? '' };
}
