import { UsageError } from './errors.ts';

/** A bucket, and a prefix of its keys. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

export function isS3Name(name: string): boolean {
  return name.startsWith('s3://');
}

/**
 * Reads `s3://bucket/prefix`. The prefix may be empty, and is used as it is: no slash is added.
 * @throws UsageError
 */
export function parseS3Location(name: string): S3Location {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(name) ?? [];
  if (bucket === undefined) throw new UsageError(`"${name}" is not a location in S3; write s3://bucket/prefix`);
  return { bucket, prefix };
}
