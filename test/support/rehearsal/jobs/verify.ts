import { randomUUID } from 'node:crypto';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { checkpointKey } from '../../../../src/backfill/checkpoint.ts';
import { ruleDimensions } from '../../../../src/configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../../../src/configuration/rule.ts';
import { STACK, VERIFIED } from '../deploy-example.ts';
import { clientsOf, type Job, variable } from '../job.ts';

/**
 * The complete job of a region's verification function. It compares a rule in the regions of all its buckets for the
 * first time, reads the objects themselves where the listings differ, and keeps the result.
 */
export async function run(job: Job): Promise<void> {
  const { rehearsal, host, rules } = job;
  const { s3 } = clientsOf(job);
  const rule = rules.find(({ source }) => source.bucket === VERIFIED);
  if (rule === undefined) throw new Error(`There is no rule for ${VERIFIED}`);
  const checkpoint = {
    Bucket: variable(job, 'PROGRESS_BUCKET'),
    Key: checkpointKey('scheduled-verify', rule.id),
  };
  // An execution that failed before its end counts as running for half an hour.
  await s3.send(new DeleteObjectCommand(checkpoint));
  const { bucket, prefix, suffix } = rule.source;
  const keyOf = (name: string, targetPrefix = ''): string => `${targetPrefix}${prefix}verified/${name}${suffix}`;
  for (const name of ['same', 'different']) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(name), Body: 'source' }));
    for (const { region, bucket: Bucket, targetPrefix } of rule.destinations) {
      const Body = name === 'same' ? 'source' : 'target';
      const object = { Bucket, Key: keyOf(name, targetPrefix), Body };
      await rehearsal.clients(region).s3.send(new PutObjectCommand(object));
    }
  }

  await arriveInAdvance(job, rule);

  const task = { rule: rule.id, execution: randomUUID() };
  expect(await host.invoke(task)).toMatchObject({ ...task, finished: true });
  const { Body } = await s3.send(new GetObjectCommand(checkpoint));
  const kept = JSON.parse((await Body?.transformToString()) ?? '') as { readonly counts: Record<string, number> };
  expect(kept).toMatchObject({ finished: true, counts: { unreadable: 0, notDue: 0 } });
  expect(kept.counts['compared']).toBeGreaterThanOrEqual(2);
  expect(kept.counts['looks']).toBeGreaterThan(0);
}

/** Watermarks that make every object due: their age is negative by more than CloudWatch rounds. */
async function arriveInAdvance(job: Job, rule: ReplicationRule): Promise<void> {
  const MetricData = rule.destinations.map(({ region }) => ({
    MetricName: 'WatermarkAgeSeconds',
    Timestamp: new Date(),
    Value: -3600,
    Dimensions: Object.entries({ ...ruleDimensions(rule), TargetRegion: region }).map(([Name, Value]) => ({
      Name,
      Value,
    })),
  }));
  await clientsOf(job).cloudWatch.send(new PutMetricDataCommand({ Namespace: STACK, MetricData }));
}
