import type { ListedObject } from '../listing/dependencies.ts';

/** What two listings show about an object and its copy. */
export type ListedComparison = 'equal' | 'missing' | 'suspect';

const PLAIN_MD5 = /^[0-9a-f]{32}$/;
/** ETags are ignored after this many HEADs that found the right copy despite a different ETag. */
const PATIENCE = 20;

/**
 * Whether ETags identify the content here: they are the MD5 of the bytes unless KMS or an upload in parts was used,
 * which no listing shows. HEADs of copies show it.
 */
export class EtagReliability {
  #agreed = 0;
  #misled = 0;

  get isTrusted(): boolean {
    return this.#misled < PATIENCE || this.#agreed > this.#misled;
  }

  noteAgreement(): void {
    this.#agreed += 1;
  }

  /** The ETags differed although the copy was right. */
  noteMisled(): void {
    this.#misled += 1;
  }
}

/**
 * Compares an object with its copy by their listings, without another request.
 *
 * | copy                                                      | is      |
 * |-----------------------------------------------------------|---------|
 * | none                                                      | missing |
 * | of another size                                           | suspect |
 * | same size, both ETags an MD5 and the same                 | equal   |
 * | same size, modified before the object was written         | suspect |
 * | same size, both ETags an MD5 and not the same, if trusted | suspect |
 * | same size, modified since                                 | equal   |
 *
 * A suspect is checked with a HEAD (judge-copy.ts).
 */
export function compareListed(
  object: ListedObject,
  copy: ListedObject | undefined,
  etags: EtagReliability,
): ListedComparison {
  if (copy === undefined) return 'missing';
  if (copy.size !== object.size) return 'suspect';
  const isComparable = PLAIN_MD5.test(object.etag) && PLAIN_MD5.test(copy.etag);
  if (isComparable && object.etag === copy.etag) {
    etags.noteAgreement();
    return 'equal';
  }
  if (Math.floor(copy.lastModified / 1000) < Math.floor(object.lastModified / 1000)) return 'suspect';
  return isComparable && etags.isTrusted ? 'suspect' : 'equal';
}
