import type { BucketClient } from '../upload/put-object.ts';

/** The inbound bucket of a target region. */
export interface InboundBucket extends BucketClient {
  readonly region: string;
}

/** A damaged copy of an archive, in the inbound bucket of a region. */
export interface DamagedCopy {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
}
