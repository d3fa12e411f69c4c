/** An object that existed before the first event, or whose event was lost. */
export interface ExistingWrite {
  readonly bucket: string;
  readonly key: string;
  /** Without quotes: the read is pinned to it. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** See `orderOfListedObject`. */
  readonly order: number;
}

/** Prefix of the `eventName` of all creations, so that functions that do not know backfills also pack these. */
export const BACKFILL_EVENT = 'ObjectCreated:Backfill';

/**
 * The order of a listed object among the writes to its key, in milliseconds since 1970: just before the second of its
 * Last-Modified. S3 rounds that down to the second, and counts an upload in parts from its beginning, so that an event
 * of the same or of any later version has a later time and wins. A version from an event is only replaced if S3 says
 * that it is older by a second.
 * @param lastModified milliseconds since 1970
 */
export function orderOfListedObject(lastModified: number): number {
  return Math.floor(lastModified / 1000) * 1000 - 1;
}

/**
 * The body of the message that queues an object for packing: an S3 notification without a sequencer, which loses to
 * any that has one (sequencer.ts).
 * @param queuedAt milliseconds since 1970
 */
export function backfillMessage({ bucket, key, etag, size, order }: ExistingWrite, queuedAt: number): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 's3xrc:backfill',
        eventTime: new Date(order).toISOString(),
        eventName: BACKFILL_EVENT,
        queuedAt: new Date(queuedAt).toISOString(),
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), size, eTag: etag } },
      },
    ],
  });
}

/** Whether a body is one of `backfillMessage`, without reading all of it. */
export function isBackfillMessage(body: string): boolean {
  return body.startsWith('{"Records":[{"eventVersion":"2.1","eventSource":"s3xrc:backfill"');
}
