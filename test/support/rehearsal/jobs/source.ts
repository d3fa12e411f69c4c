import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { clientsOf, deliver, emptyQueues, type Job, readDeadLetters, variable } from '../job.ts';

let round = 0;

/** 7.9 KB as a header: the restoring function must put them in a separate request. */
export const LARGE_TAGS = Array.from({ length: 10 }, (_, n) => ({
  Key: `${n}${'К'.repeat(11)}`,
  Value: 'я'.repeat(120),
}));
/** Suffix of the key of an object with these tags. */
export const LARGELY_TAGGED = 'largely tagged';

/**
 * The complete job of a rule's packing function. It packs objects with tags and metadata, settles one that is gone, and
 * dead-letters one that cannot be read, with its reason.
 */
export async function run(job: Job): Promise<void> {
  round += 1;
  const { s3 } = clientsOf(job);
  const ruleId = variable(job, 'RULE_ID');
  const source = job.rules.find(({ id }) => id === ruleId)?.source;
  if (source === undefined) throw new Error(`The configuration has no rule ${ruleId}`);
  const { bucket: Bucket, prefix, suffix } = source;
  const keyOf = (name: string): string => `${prefix}round ${round}/${name}${suffix}`;
  await emptyQueues(job);
  const before = await archives(job);
  const attributes = { Tagging: 'class=public', Metadata: { author: 'someone' } };
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf('with-metadata'), Body: `round ${round}`, ...attributes }));
  const tagged = { Bucket, Key: keyOf(LARGELY_TAGGED) };
  await s3.send(new PutObjectCommand({ ...tagged, Body: 'tagged', Metadata: attributes.Metadata }));
  await s3.send(new PutObjectTaggingCommand({ ...tagged, Tagging: { TagSet: LARGE_TAGS } }));
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
