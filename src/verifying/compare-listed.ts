import type { ListedObject } from '../listing/dependencies.ts';

/** What two listings tell of an object and its copy. */
export type ListedComparison = 'equal' | 'missing' | 'suspect';

const PLAIN_MD5 = /^[0-9a-f]{32}$/;
/** Copies that were looked at in vain before ETags that differ count for nothing. */
const PATIENCE = 20;

/**
 * Whether ETags tell content apart here: they are the MD5 of the bytes, unless KMS or an upload in parts makes them something else,
 * which no listing says. Looking at copies shows it.
 */
export class EtagTrust {
  #agreed = 0;
  #misled = 0;

  get isTrusted(): boolean {
    return this.#misled < PATIENCE || this.#agreed > this.#misled;
  }

  noteAgreement(): void {
    this.#agreed += 1;
  }

  /** ETags differed, and the copy was the right one. */
  noteMisled(): void {
    this.#misled += 1;
  }
}

/**
 * Compares an object with its copy by what listing them has told, without a request more.
 *
 * | copy                                                      | is      |
 * |-----------------------------------------------------------|---------|
 * | not there                                                 | missing |
 * | of another size                                           | suspect |
 * | same size, both ETags an MD5 and the same                 | equal   |
 * | same size, modified before the object was written         | suspect |
 * | same size, both ETags an MD5 and not the same, if trusted | suspect |
 * | same size, modified since                                 | equal   |
 *
 * A suspect is looked at with a HEAD (judge-copy.ts).
 */
export function compareListed(
  object: ListedObject,
  copy: ListedObject | undefined,
  etags: EtagTrust,
): ListedComparison {
  if (copy === undefined) return 'missing';
  if (copy.size !== object.size) return 'suspect';
  const comparable = PLAIN_MD5.test(object.etag) && PLAIN_MD5.test(copy.etag);
  if (comparable && object.etag === copy.etag) {
    etags.noteAgreement();
    return 'equal';
  }
  if (Math.floor(copy.lastModified / 1000) < Math.floor(object.lastModified / 1000)) return 'suspect';
  return comparable && etags.isTrusted ? 'suspect' : 'equal';
}
