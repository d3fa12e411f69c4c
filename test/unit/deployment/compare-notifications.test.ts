import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeployedRule } from '../../../src/configuration/deployed-rule.ts';
import { compareNotifications } from '../../../src/deployment/compare-notifications.ts';
import type { StoredNotification } from '../../../src/deployment/ports.ts';
import { UnavailableStorageError } from '../../../src/storage/errors.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const destinations = [{ region: 'us-east-1', bucket: 'copy' }];
const [logs, images, bridged, draining] = deployedRules([
  { source: { region: 'eu-west-1', bucket: 'data', prefix_filter: 'my logs/', suffix_filter: '.json' }, destinations },
  { source: { region: 'eu-west-1', bucket: 'data', prefix_filter: 'images/' }, destinations },
  { source: { region: 'eu-west-1', bucket: 'shared', events: 'eventbridge' }, destinations },
  { source: { region: 'eu-west-1', bucket: 'leaving', draining: true }, destinations },
]) as [DeployedRule, DeployedRule, DeployedRule, DeployedRule];

const queueOf = (id: string): string => `stack-${id}`;
const entry = ({ id }: DeployedRule, prefix: string, suffix = ''): StoredNotification => ({
  text: '',
  id: queueOf(id),
  destination: `arn:aws:sqs:eu-west-1:123456789012:${queueOf(id)}`,
  events: ['s3:ObjectCreated:*'],
  prefix,
  suffix,
});
const EVENT_BRIDGE: StoredNotification = {
  text: '',
  id: '',
  destination: '',
  events: [],
  prefix: '',
  suffix: '',
  isEventBridge: true,
};

const stored = new Map<string, readonly StoredNotification[]>();
let reads: string[];

/** Buckets and rules with a missing notification. */
async function missing(rules: readonly DeployedRule[] = [logs, images, bridged, draining]): Promise<string[]> {
  const found: string[] = [];
  reads = [];
  await compareNotifications({
    rules,
    ruleQueue: queueOf,
    notifications: {
      read: (bucket) => {
        reads.push(bucket);
        if (bucket === 'shared' && stored.get(bucket) === undefined) {
          return Promise.reject(new UnavailableStorageError('S3 does not answer'));
        }
        return Promise.resolve(stored.get(bucket));
      },
    },
    telemetry: { notificationMissing: ({ id }, { bucket }) => void found.push(`${bucket} ${id}`) },
    signal: new AbortController().signal,
  });
  return found;
}

beforeEach(() => {
  stored.set('data', [entry(logs, 'my+logs/', '.json'), entry(images, 'images/')]);
  stored.set('shared', [EVENT_BRIDGE]);
});

describe('the notifications of source buckets', () => {
  test('are complete if each rule has its own, with one request per bucket and none for a draining rule', async () => {
    expect(await missing()).toEqual([]);
    expect(reads.toSorted()).toEqual(['data', 'shared']);
  });

  test('lack one that another deployment overwrote, which is named with its bucket', async () => {
    stored.set('data', [entry(logs, 'my+logs/', '.json')]);
    expect(await missing()).toEqual([`data ${images.id}`]);
  });

  test.each([
    ['prefix', entry(images, 'pictures/')],
    ['suffix', entry(images, 'images/', '.png')],
    ['queue', { ...entry(images, 'images/'), destination: 'arn:aws:sqs:eu-west-1:123456789012:other' }],
    ['events', { ...entry(images, 'images/'), events: ['s3:ObjectCreated:Put'] }],
  ])('lack one that has another %s', async (_, changed) => {
    stored.set('data', [entry(logs, 'my+logs/', '.json'), changed]);
    expect(await missing()).toEqual([`data ${images.id}`]);
  });

  test.each([
    ['by users', {}, ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'], 's3:ObjectRemoved:*'],
    [
      'by a lifecycle rule',
      { lifecycle_deletes: true },
      ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'],
      's3:LifecycleExpiration:*',
    ],
  ])('lack one that does not report deletions %s, if they are replicated', async (_, source, events, lost) => {
    const [rule] = deployedRules([
      { source: { region: 'eu-west-1', bucket: 'data', deletes: 'replicate', ...source }, destinations },
    ]) as [DeployedRule];
    stored.set('data', [{ ...entry(rule, ''), events }]);
    expect(await missing([rule])).toEqual([]);
    stored.set('data', [{ ...entry(rule, ''), events: events.filter((event) => event !== lost) }]);
    expect(await missing([rule])).toEqual([`data ${rule.id}`]);
  });

  test('lack all of a bucket that is gone', async () => {
    stored.delete('data');
    expect(await missing()).toEqual([`data ${logs.id}`, `data ${images.id}`]);
  });

  test('lack EventBridge if it was turned off', async () => {
    stored.set('shared', []);
    expect(await missing()).toEqual([`shared ${bridged.id}`]);
  });

  test('fail the check if a bucket cannot be read, since its state is unknown', async () => {
    stored.delete('shared');
    await expect(missing()).rejects.toMatchObject({
      code: 'NOTIFICATIONS_UNKNOWN',
      message: expect.stringContaining('1 of 2'),
    });
  });
});
