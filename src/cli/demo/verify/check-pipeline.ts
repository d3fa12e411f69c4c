import { listMarkedKeys, listVersions } from '../../../../local-cloud/replication/bucket-versions.ts';
import { ARCHIVE_SUFFIX } from '../../../archive/format.ts';
import type { DamagedCopy, InboundBucket } from '../archives/inbound-bucket.ts';
import { listArchives } from '../archives/outbound-archives.ts';
import type { PackedVersion } from '../upload/uploaded-object.ts';
import type { UploadRecord } from '../upload/uploader.ts';
import { checkRemovals } from './check-removals.ts';
import { checkPacking, checkWrites, countKeys } from './count-writes.ts';
import type { VerifiedDestination } from './verify-destinations.ts';

/** The records to check a run against. */
export interface RunEvidence {
  readonly record: UploadRecord;
  readonly inspected: readonly { readonly versions: readonly PackedVersion[] }[];
  /** Versions whose events were repeated. */
  readonly repeated: readonly PackedVersion[];
  readonly damaged: readonly DamagedCopy[];
  readonly hasFaults: boolean;
}

/** A sentence for each broken promise, even if every object has arrived. */
export async function findViolations(
  {
    inbound,
    destinations,
  }: { readonly inbound: readonly InboundBucket[]; readonly destinations: readonly VerifiedDestination[] },
  { record, inspected, repeated, damaged, hasFaults }: RunEvidence,
): Promise<string[]> {
  const packed = inspected.flatMap(({ versions }) => versions);
  return [
    ...(await checkInbound(inbound, damaged)),
    ...(await checkDestinationWrites(destinations, record)),
    // With faults, objects are packed again if it is unknown whether they were packed.
    ...(hasFaults ? [] : checkPacking(record, packed, repeated)),
  ];
}

/** How many times each object was written and deleted, according to the versions that every target bucket keeps. */
async function checkDestinationWrites(
  destinations: readonly VerifiedDestination[],
  record: UploadRecord,
): Promise<string[]> {
  const checked = destinations.map(async ({ destination, s3 }) => {
    const versions = countKeys((await listVersions(s3, destination.bucket)).map(({ key }) => key));
    const markers = countKeys(await listMarkedKeys(s3, destination.bucket));
    return [
      ...checkWrites(record, versions, destination),
      ...checkRemovals(record.removals, { versions, markers }, destination),
    ];
  });
  return (await Promise.all(checked)).flat();
}

/** Archives that remain in an inbound bucket, which is only right for refused ones. */
async function checkInbound(inbound: readonly InboundBucket[], refused: readonly DamagedCopy[]): Promise<string[]> {
  const checked = inbound.map(async (client) => {
    const left = (await listArchives(client)).filter(
      ({ key }) =>
        key.endsWith(ARCHIVE_SUFFIX) && !refused.some((copy) => copy.key === key && copy.bucket === client.bucket),
    );
    return left.map(({ key }) => `${client.region} still has the archive ${key} in its inbound bucket`);
  });
  return (await Promise.all(checked)).flat();
}
