import * as z from 'zod';
import { tryParseJson } from '../../src/json.ts';
import { decodeKey } from '../../src/messages/notification-body.ts';

/** An object in a notification: it must exist in S3 for the event to be true. */
export interface NamedObject {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

const s3Records = z.looseObject({
  Records: z.array(
    z.looseObject({
      s3: z.looseObject({
        bucket: z.looseObject({ name: z.string() }),
        object: z.looseObject({
          key: z.string(),
          size: z.number(),
          eTag: z.string(),
          versionId: z.string().optional(),
        }),
      }),
    }),
  ),
});

const eventBridgeEvent = z.looseObject({
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({ key: z.string(), size: z.number(), etag: z.string() }),
  }),
});

/** The objects in the body of a message, in order; empty for a body that is not a notification of objects. */
export function namedObjects(body: string): NamedObject[] {
  const json = tryParseJson(body);
  const records = s3Records.safeParse(json).data?.Records ?? [];
  const bridged = eventBridgeEvent.safeParse(json).data?.detail;
  return [
    ...records.map(({ s3: { bucket, object } }) => ({
      bucket: bucket.name,
      key: decodeKey(object.key),
      size: object.size,
      etag: object.eTag,
    })),
    ...(bridged === undefined ? [] : [{ bucket: bridged.bucket.name, ...bridged.object }]),
  ];
}

/**
 * The body with the version ids that the local S3 has assigned; a body without any is unchanged.
 * @param versionOf returns the version id of an object; undefined: the event's own is kept
 */
export function withVersionIds(
  body: string,
  versionOf: (bucket: string, key: string, etag: string) => string | undefined,
): string {
  const records = s3Records.safeParse(tryParseJson(body)).data?.Records ?? [];
  return records.reduce((text, { s3: { bucket, object } }) => {
    const given = object.versionId && versionOf(bucket.name, decodeKey(object.key), object.eTag);
    // Replaced in the text, so that everything else remains as written.
    return given === undefined ? text : text.replace(JSON.stringify(object.versionId), JSON.stringify(given));
  }, body);
}
