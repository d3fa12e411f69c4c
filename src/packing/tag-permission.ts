import { AccessDeniedError } from '../storage/errors.ts';
import type { TagReader } from '../storage/object-store.ts';

type Tags = Awaited<ReturnType<TagReader['readTags']>>;
type TagProof = 'allowed' | 'denied' | 'unknown';

/**
 * What a process knows about its permission to read tags. S3 counts an object's tags in the response to its GET, but
 * leaves the count out when the caller may not read them: no count means no tags only once the permission is proven. A
 * count proves it, and so does one read of the tags of any object: one request per bucket and process.
 */
export class TagPermission {
  readonly #allowed = new Set<string>();
  readonly #proving = new Map<string, Promise<TagProof>>();

  /** S3 has counted the tags of an object in the bucket. */
  noteCount(bucket: string): void {
    this.#allowed.add(bucket);
  }

  /**
   * The tags of an object without a count: none if the permission is proven.
   * @param read reads them; called only if that is necessary
   * @throws AccessDeniedError when they cannot be read, and other errors of `read`
   */
  async readUncounted(bucket: string, read: () => Promise<Tags>): Promise<Tags> {
    for (;;) {
      if (this.#allowed.has(bucket)) return { tags: [] };
      const proving = this.#proving.get(bucket);
      if (proving === undefined) return this.#prove(bucket, read);
      if ((await proving) === 'denied') {
        throw new AccessDeniedError(`Reading tags in bucket "${bucket}" is not allowed`, { context: { bucket } });
      }
    }
  }

  /** Others wait for the first read: a batch begins with a hundred concurrent ones. */
  async #prove(bucket: string, read: () => Promise<Tags>): Promise<Tags> {
    const reading = read();
    const proof = reading.then(proofOf, (thrown: unknown) =>
      thrown instanceof AccessDeniedError ? ('denied' as const) : ('unknown' as const),
    );
    this.#proving.set(bucket, proof);
    try {
      const result = await proof;
      if (result === 'allowed') this.#allowed.add(bucket);
      return await reading;
    } finally {
      this.#proving.delete(bucket);
    }
  }
}

/** Tags without a count show that this storage does not count them: then they must be read for each object. */
function proofOf({ tags }: Tags): TagProof {
  return tags.length === 0 ? 'allowed' : 'unknown';
}
