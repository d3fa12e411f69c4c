import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { clientsOf, deliver, emptyQueues, type Job, readDeadLetters, variable } from './job.ts';

let round = 0;

/**
 * The whole job of a rule's packing function: an object with tags and metadata is packed, one that is gone is settled, one
 * that cannot be read goes to the dead letters with its reason.
 */
export async function packObjects(job: Job): Promise<void> {
  round += 1;
  const { s3 } = clientsOf(job);
  const ruleId = variable(job, 'RULE_ID');
  const source = job.rules.find(({ id }) => id === ruleId)?.source;
  if (source === undefined) throw new Error(`The configuration has no rule ${ruleId}`);
  const { bucket: Bucket, prefix, suffix } = source;
  const keyOf = (name: string): string => `${prefix}round ${round}/${name}${suffix}`;
  await emptyQueues(job);
  const before = await archives(job);
  const dress = { Tagging: 'class=public', Metadata: { author: 'somebody' } };
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('dressed'), Body: `round ${round}`, ...dress }));
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('gone'), Body: 'gone' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf('gone') }));
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('frozen'), Body: 'frozen', StorageClass: 'GLACIER' }));

  expect(await deliver(job)).toEqual([]);
  expect(await readDeadLetters(job)).toEqual([expect.stringMatching(/ARCHIVED|STORAGE_CLASS|UNREADABLE/)]);
  const made = (await archives(job)).filter((key) => !before.includes(key));
  expect(made).toEqual([expect.stringMatching(new RegExp(`^${ruleId}/`))]);
}

async function archives(job: Job): Promise<string[]> {
  const request = new ListObjectsV2Command({ Bucket: variable(job, 'OUTBOUND_BUCKET') });
  const { Contents = [] } = await clientsOf(job).s3.send(request);
  return Contents.map(({ Key = '' }) => Key);
}
