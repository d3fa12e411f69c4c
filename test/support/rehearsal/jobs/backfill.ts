import { createHash } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { backfillQueueName, ruleResourceName } from '../../../../src/configuration/schema/resource-names.ts';
import { isBackfillMessage } from '../../../../src/messages/backfill-message.ts';
import { generateInventory } from '../../generated-inventory.ts';
import { INVENTORIES, STACK } from '../deploy-example.ts';
import { clientsOf, type Job } from '../job.ts';

const FIELDS = [
  'Bucket',
  'Key',
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
];

/**
 * The complete job of a region's backfill function: it queues the objects in a data file of an inventory for their
 * rule. A file that no longer exists ends the work on it at once, because the function distinguishes it from one that
 * it may not read.
 */
export async function run(job: Job): Promise<void> {
  const { rules, deployed, host } = job;
  const { s3, sqs } = clientsOf(job);
  const rule = rules.find(({ source }) => source.region === deployed.region);
  if (rule === undefined) throw new Error(`No rule begins in ${deployed.region}`);
  const { bucket, prefix, suffix } = rule.source;
  const QueueUrl = `${job.rehearsal.endpoint}/123456789012/${backfillQueueName(ruleResourceName(STACK, rule.id))}`;
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  const row = { size: 3, lastModified: Date.UTC(2026, 0, 1), etag: createHash('md5').update('old').digest('hex') };
  const { files } = generateInventory([{ ...row, key: `${prefix}old${suffix}` }], {
    bucket,
    fileBucket: INVENTORIES,
    folder: 'data',
    format: 'CSV',
    fileRows: 10,
  });
  const [[key, body] = ['', new Uint8Array()]] = Object.entries(files);
  await s3.send(new PutObjectCommand({ Bucket: INVENTORIES, Key: key, Body: body }));
  const inventory = { bucket: INVENTORIES, format: 'CSV', fields: FIELDS };
  const task = { job: { rule: rule.id, filter: {}, inventory }, file: { key } };

  expect(await host.invoke(task)).toMatchObject({ finished: true, counts: { listed: 1, queued: 1 } });
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  expect(Messages.map(({ Body = '' }) => isBackfillMessage(Body))).toEqual([true]);
  await s3.send(new DeleteObjectCommand({ Bucket: INVENTORIES, Key: key }));
  await expect(host.invoke(task)).rejects.toThrow(/does not exist/);
}
