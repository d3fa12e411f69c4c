import { ObjectNotFoundError, WriteConditionError } from '../../src/storage/errors.ts';
import type {
  CopyRequest,
  ObjectCopier,
  ObjectHeadReader,
  VersionLocation,
  VersionReader,
  VersionRemover,
} from '../../src/storage/object-store.ts';
import type { ObjectDescription, ObjectLocation, UserMetadata } from '../../src/storage/stored-object.ts';

interface Version {
  readonly id: string;
  /** Absent for a delete marker. */
  readonly object?: { readonly body: string; readonly description: ObjectDescription };
}

/** Versioned buckets that support copies within them; every write has a new ETag, as with KMS. */
export class VersionedBuckets implements ObjectHeadReader, VersionReader, VersionRemover, ObjectCopier {
  /** Errors of the next copies, in order. */
  readonly copyFailures: Error[] = [];
  readonly copies: CopyRequest[] = [];
  readonly #versions = new Map<string, Version[]>();
  #writes = 0;

  /** @returns the id of the new version */
  put(location: ObjectLocation, body: string, metadata: UserMetadata = {}): string {
    this.#writes += 1;
    const id = `v${this.#writes}`;
    const description: ObjectDescription = {
      size: body.length,
      etag: `e${this.#writes}`,
      lastModified: new Date(0),
      headers: { contentType: 'application/zstd' },
      metadata,
      storageClass: 'STANDARD',
      tagCount: 0,
      missingMetadata: 0,
      versionId: id,
    };
    this.#of(location).push({ id, object: { body, description } });
    return id;
  }

  /** A lifecycle rule expires the current version with a delete marker. */
  expire(location: ObjectLocation): void {
    this.#writes += 1;
    this.#of(location).push({ id: `v${this.#writes}` });
  }

  /** Permanently deletes all versions. */
  erase({ bucket, key }: ObjectLocation): void {
    this.#versions.delete(`${bucket}/${key}`);
  }

  /** The current object. */
  look(location: ObjectLocation): { body: string; metadata: UserMetadata; versionId: string } | undefined {
    const current = this.#of(location).at(-1);
    if (current?.object === undefined) return undefined;
    const { body, description } = current.object;
    return { body, metadata: description.metadata, versionId: current.id };
  }

  versions(location: ObjectLocation): number {
    return this.#of(location).filter(({ object }) => object !== undefined).length;
  }

  head(location: ObjectLocation): Promise<ObjectDescription | undefined> {
    return Promise.resolve(this.#of(location).at(-1)?.object?.description);
  }

  describeVersion(version: VersionLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined> {
    signal?.throwIfAborted();
    const found = this.#of(version).find(({ id }) => id === version.versionId);
    return Promise.resolve(found?.object?.description);
  }

  /** The replication status of a version. */
  setStatus(location: ObjectLocation, versionId: string, replicationStatus: string): void {
    const versions = this.#of(location);
    const index = versions.findIndex(({ id }) => id === versionId);
    const object = versions[index]?.object;
    if (object === undefined) throw new Error(`There is no version ${versionId} of ${location.key}`);
    versions[index] = {
      id: versionId,
      object: { ...object, description: { ...object.description, replicationStatus } },
    };
  }

  removeVersion(version: VersionLocation): Promise<void> {
    const versions = this.#of(version);
    const index = versions.findIndex(({ id }) => id === version.versionId);
    if (index >= 0) versions.splice(index, 1);
    return Promise.resolve();
  }

  async copy(request: CopyRequest): Promise<{ etag: string }> {
    request.signal?.throwIfAborted();
    const failure = this.copyFailures.shift();
    if (failure !== undefined) throw failure;
    const { source, condition } = request;
    const found = this.#of(source).find(({ id }) => id === source.versionId)?.object;
    if (found === undefined) throw new ObjectNotFoundError(`no version ${source.versionId} of ${source.key}`);
    const present = await this.head(request);
    const expected = condition.kind === 'matches' ? condition.etag : undefined;
    if (condition.kind !== 'always' && present?.etag !== expected) throw new WriteConditionError('the key has changed');
    this.copies.push(request);
    this.put(request, found.body, request.metadata);
    return { etag: `e${this.#writes}` };
  }

  #of({ bucket, key }: ObjectLocation): Version[] {
    const location = `${bucket}/${key}`;
    const versions = this.#versions.get(location) ?? [];
    this.#versions.set(location, versions);
    return versions;
  }
}
