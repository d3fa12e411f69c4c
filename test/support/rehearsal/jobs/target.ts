import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { clientsOf, deliver, emptyQueues, type Job, readDeadLetters, variable } from '../job.ts';
import { LARGE_TAGS, LARGELY_TAGGED } from './source.ts';

/**
 * The complete job of a region's restoring function. It restores an archive to new and existing keys and deletes it,
 * settles one that is gone, and dead-letters an object that is not an archive, with its reason. The archive comes from
 * the packing function of a rule with a destination here.
 */
export async function run(job: Job): Promise<void> {
  const { rehearsal, deployed, rules } = job;
  const { region } = deployed;
  const { s3 } = clientsOf(job);
  const rule = rules.find(({ destinations }) => destinations.some((destination) => destination.region === region));
  if (rule === undefined) throw new Error(`No rule has a destination in ${region}`);
  const outbound = variable(job, 'INBOUND_BUCKET').replace(`${region}-inbound`, `${rule.source.region}-outbound`);
  const origin = rehearsal.clients(rule.source.region).s3;
  const archive = (await keysIn(origin, outbound, `${rule.id}/`)).at(-1);
  if (archive === undefined) throw new Error(`Nothing was packed for ${rule.id} yet`);
  const found = await origin.send(new GetObjectCommand({ Bucket: outbound, Key: archive }));
  const body = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
  const targets = rule.destinations.filter((destination) => destination.region === region).map(({ bucket }) => bucket);
  // The first time a user's object has the key, later ours: both must be read.
  const restored = await Promise.all(targets.map((bucket) => keysIn(s3, bucket)));
  for (const [index, bucket] of targets.entries()) {
    for (const Key of restored[index] ?? [])
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'theirs' }));
  }

  await emptyQueues(job);
  const Bucket = variable(job, 'INBOUND_BUCKET');
  await s3.send(new PutObjectCommand({ Bucket, Key: archive, Body: body }));
  await s3.send(new PutObjectCommand({ Bucket, Key: `${rule.id}/gone.tar.zst`, Body: body }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: `${rule.id}/gone.tar.zst` }));
  const broken = { Bucket, Key: `${rule.id}/broken.tar.zst` };
  await s3.send(new PutObjectCommand({ ...broken, Body: 'no archive' }));

  expect(await deliver(job)).toEqual([]);
  expect(await readDeadLetters(job)).toEqual([expect.stringMatching(/ARCHIVE/)]);
  await s3.send(new DeleteObjectCommand(broken));
  expect(await keysIn(s3, Bucket)).toEqual([]);
  for (const bucket of targets) {
    const keys = await keysIn(s3, bucket);
    expect(keys.length).toBeGreaterThan(0);
    for (const Key of keys) {
      const { Metadata, TagCount } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const tags = Key.includes(LARGELY_TAGGED) ? LARGE_TAGS.length : 1;
      expect([Key, Metadata?.['author'], TagCount]).toEqual([Key, 'someone', tags]);
    }
  }
}

async function keysIn(s3: S3Client, Bucket: string, Prefix = ''): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key = '' }) => Key);
}
