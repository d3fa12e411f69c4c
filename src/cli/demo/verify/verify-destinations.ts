import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import type { Destination } from '../../../configuration/rule.ts';
import type { UploadedObject } from '../upload/uploaded-object.ts';
import { compareObject } from './compare-object.ts';

const PARALLEL_READS = 16;

export interface Deviation {
  readonly region: string;
  readonly key: string;
  readonly differences: readonly string[];
}

export interface Verification {
  /** Objects that equal the uploaded ones in every destination. */
  readonly identical: number;
  /** Objects that are missing in some destination. */
  readonly lost: number;
  /** Objects that differ in some destination, and objects there that were never uploaded. */
  readonly altered: number;
  readonly findings: readonly Deviation[];
}

export interface VerifiedDestination {
  readonly destination: Destination;
  readonly s3: S3Client;
}

/**
 * Compares every destination with the record of the uploads.
 * @param deleted keys that were deleted and must no longer exist
 */
export async function verifyDestinations(
  destinations: readonly VerifiedDestination[],
  uploaded: readonly UploadedObject[],
  onVerified: () => void,
  deleted: ReadonlySet<string> = new Set(),
): Promise<Verification> {
  const lost: Deviation[] = [];
  const altered: Deviation[] = [];
  await Promise.all(
    destinations.map(async ({ destination, s3 }) => {
      const client = { s3, bucket: destination.bucket };
      const { region, targetPrefix = '' } = destination;
      await pLimit(PARALLEL_READS).map(uploaded, async (object) => {
        const expected = { ...object, key: targetPrefix + object.key };
        const differences = await compareObject(
          client,
          expected,
          destination.storageClass ?? object.attributes.storageClass,
        );
        if (differences === undefined) lost.push({ region, key: object.key, differences: ['is missing'] });
        else if (differences.length > 0) altered.push({ region, key: object.key, differences });
        onVerified();
      });
      const known = new Set(uploaded.map(({ key }) => targetPrefix + key));
      for (const key of await listKeys(s3, destination.bucket)) {
        if (known.has(key)) continue;
        const wasDeleted = key.startsWith(targetPrefix) && deleted.has(key.slice(targetPrefix.length));
        const difference = wasDeleted ? 'was deleted at the source, but still exists' : 'was never uploaded';
        altered.push({ region, key, differences: [difference] });
      }
    }),
  );
  return { ...countUploaded(uploaded, lost, altered), findings: [...lost, ...altered] };
}

/** An object counts once, by its worst result. */
function countUploaded(
  uploaded: readonly UploadedObject[],
  lost: readonly Deviation[],
  altered: readonly Deviation[],
): Omit<Verification, 'findings'> {
  const lostKeys = new Set(lost.map(({ key }) => key));
  const alteredKeys = new Set(altered.map(({ key }) => key).filter((key) => !lostKeys.has(key)));
  const identical = uploaded.filter(({ key }) => !lostKeys.has(key) && !alteredKeys.has(key)).length;
  return { identical, lost: lostKeys.size, altered: alteredKeys.size };
}

async function listKeys(s3: S3Client, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    // Keys may contain characters that XML cannot express, so they are requested URL-encoded.
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url', ContinuationToken: token }),
    );
    for (const { Key = '' } of page.Contents ?? []) keys.push(decodeURIComponent(Key.replaceAll('+', '%20')));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
