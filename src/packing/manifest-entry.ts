import { crc32ToHex } from '../archive/checksum.ts';
import { type ManifestObject, type ManifestTarget, publicKeyFields } from '../archive/manifest.ts';
import { relativeKey } from '../archive/member-name.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { PackItem } from './collect-objects.ts';
import type { ReadItem } from './read-item.ts';

/** Where an object ended up in its archive. */
export interface PackedPosition {
  readonly frame: number;
  readonly frames: number;
  /** Offset of its tar header in that frame's tar bytes. */
  readonly offset: number;
  readonly crc32: number;
}

/** The manifest entry of one packed object. */
export function manifestEntry(
  { object }: PackItem,
  { description, tags, readAt }: ReadItem,
  position: PackedPosition,
): ManifestObject {
  const { headers, metadata, versionId } = description;
  return {
    source_bucket: object.bucket,
    ...publicKeyFields(object.key),
    relative_key: relativeKey(object.key),
    tags: tags.map(({ key, value }) => Object.fromEntries([[key, value]])),
    creation_time: description.lastModified.toISOString().slice(0, 19).replace('T', ' '),
    etag: object.etag,
    size: object.size,
    storage_class: description.storageClass,
    key: object.key,
    event_time: new Date(object.eventTime).toISOString(),
    ...(object.sequencer === undefined ? {} : { sequencer: object.sequencer }),
    ...(object.isByRemoval === true ? { by_removal: true } : {}),
    ...(readAt === undefined ? {} : { read_time: new Date(readAt).toISOString() }),
    ...(versionId === undefined ? {} : { version_id: versionId }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: Object.entries(metadata) }),
    crc32: crc32ToHex(position.crc32),
    frame: position.frame,
    ...(position.frames === 1 ? {} : { frames: position.frames }),
    offset: position.offset,
  };
}

/** The destinations as the public implementation's target expects them. Ours only logs them. */
export function manifestTargets(rule: ReplicationRule): ManifestTarget[] {
  return rule.destinations.map(({ region, bucket, kmsKeyArn, storageClass }) => ({
    region,
    bucket,
    ...(kmsKeyArn === undefined ? {} : { kms_key_arn: kmsKeyArn }),
    ...(storageClass === undefined ? {} : { storage_class: storageClass }),
  }));
}
