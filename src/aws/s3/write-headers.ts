import { encodeMetadataValue } from '../../storage/encoded-words.ts';
import { encodeTags, HEADER_NAMES } from '../../storage/header-section.ts';
import type { WriteCondition, WriteTarget } from '../../storage/object-store.ts';
import type { ObjectHeaders } from '../../storage/stored-object.ts';

const HEADER_FIELDS = Object.keys(HEADER_NAMES) as (keyof ObjectHeaders)[];

/** The headers (alternating names and values) that give a new object all properties of `target` except its bytes. */
export function buildObjectHeaders(target: WriteTarget): string[] {
  const headers: string[] = [];
  for (const field of HEADER_FIELDS) {
    const value = target.headers[field];
    if (value !== undefined) headers.push(HEADER_NAMES[field], value);
  }
  for (const [name, value] of Object.entries(target.metadata)) {
    headers.push(`x-amz-meta-${name}`, encodeMetadataValue(value));
  }
  if (target.tags.length > 0) headers.push('x-amz-tagging', encodeTags(target.tags));
  if (target.storageClass !== undefined && target.storageClass !== 'STANDARD') {
    headers.push('x-amz-storage-class', target.storageClass);
  }
  if (target.kmsKeyArn !== undefined) {
    headers.push('x-amz-server-side-encryption', 'aws:kms');
    headers.push('x-amz-server-side-encryption-aws-kms-key-id', target.kmsKeyArn);
  }
  return headers;
}

export function buildConditionHeaders(condition: WriteCondition): string[] {
  switch (condition.kind) {
    case 'always':
      return [];
    case 'absent':
      return ['if-none-match', '*'];
    case 'matches':
      return ['if-match', `"${condition.etag}"`];
  }
}
