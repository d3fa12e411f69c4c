import { beforeEach, describe, expect, test } from '@jest/globals';
import { putNotifications, removeNotifications } from '../../../src/deployment/bucket-notification.ts';
import { ConfigurationRefusedError } from '../../../src/deployment/errors.ts';
import type { StoredNotification } from '../../../src/deployment/ports.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:logs';
const { signal } = new AbortController();
const EVENT_BRIDGE: StoredNotification = {
  text: '<EventBridgeConfiguration/>',
  id: '',
  destination: '',
  events: [],
  prefix: '',
  suffix: '',
  isEventBridge: true,
};
const FOREIGN: StoredNotification = {
  text: '<TopicConfiguration>with a <New>field</New></TopicConfiguration>',
  id: 'theirs',
  destination: 'arn:aws:sns:eu-west-1:123456789012:topic',
  events: ['s3:ObjectCreated:Put'],
  prefix: 'images/',
  suffix: '',
};

function properties(
  Prefix: string,
  overrides: Partial<{ Id: string; QueueArn: string; Deletions: 'users' | 'all' }> = {},
) {
  const Notifications = [{ Id: 'ours', QueueArn: QUEUE, Prefix, Suffix: '', ...overrides }];
  return { Bucket: 'data', Notifications, EventBridge: 'false' as const };
}

let s3: MemoryDeployment;
const stored = () => s3.notificationsOf.get('data') ?? [];

beforeEach(() => {
  s3 = new MemoryDeployment();
  s3.notificationsOf.set('data', [EVENT_BRIDGE, FOREIGN]);
});

test('a bucket with more than 100 notifications, ours included, is refused with both numbers', async () => {
  const others = Array.from({ length: 100 }, (_, index) => ({
    ...FOREIGN,
    id: `theirs-${index}`,
    prefix: `images/${index}/`,
  }));
  s3.notificationsOf.set('data', [EVENT_BRIDGE, ...others.slice(1)]);
  await putNotifications(properties('logs/'), undefined, s3, signal);
  expect(stored()).toHaveLength(101);
  s3.notificationsOf.set('data', [EVENT_BRIDGE, ...others]);
  await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toThrow(
    'Bucket data has 100 notifications that are not ours, and the rules need 1: more than the 100 that S3 allows per bucket.',
  );
});

describe('putNotifications', () => {
  test.each([
    ['users', ['s3:ObjectCreated:*', 's3:ObjectRemoved:*']],
    ['all', ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*']],
  ] as const)(
    'asks for deletions if a rule replicates them (%s), in whatever order S3 lists events',
    async (Deletions, events) => {
      await putNotifications(properties('logs/', { Deletions }), undefined, s3, signal);
      expect(stored()[2]?.events).toEqual(events);
      const [first, second, ours] = stored();
      if (first === undefined || second === undefined || ours === undefined) throw new Error('three are expected');
      s3.notificationsOf.set('data', [first, second, { ...ours, events: [...events].reverse() }]);
      await putNotifications(properties('logs/', { Deletions }), undefined, s3, signal);
      expect(stored()[2]?.events).toEqual([...events].reverse());
      await putNotifications(properties('logs/'), undefined, s3, signal);
      expect(stored()[2]?.events).toEqual(['s3:ObjectCreated:*']);
    },
  );

  test('adds ours after those of others, which stay unchanged', async () => {
    await putNotifications(properties('logs/'), undefined, s3, signal);
    expect(stored().slice(0, 2)).toEqual([EVENT_BRIDGE, FOREIGN]);
    expect(stored()[2]).toMatchObject({
      id: 'ours',
      destination: QUEUE,
      prefix: 'logs/',
      events: ['s3:ObjectCreated:*'],
    });
    expect(stored()).toHaveLength(3);
  });

  test('writes nothing if everything is in place', async () => {
    await putNotifications(properties('logs/'), undefined, s3, signal);
    await putNotifications(properties('logs/'), undefined, s3, signal);
    expect(s3.writes).toBe(1);
    // After the write, not after the read that found everything in place.
    expect(s3.waits).toEqual([5_500]);
  });

  test('replaces its own entry in one write when the filter changes to one that overlaps the old one', async () => {
    await putNotifications(properties('logs/'), undefined, s3, signal);
    await putNotifications(properties('logs/app/', { Id: 'renamed' }), properties('logs/'), s3, signal);
    expect(stored().map(({ id, prefix }) => [id, prefix])).toEqual([
      ['', ''],
      ['theirs', 'images/'],
      ['renamed', 'logs/app/'],
    ]);
    expect(s3.writes).toBe(2);
  });

  test('refuses to overlap a notification that is not ours, names it and changes nothing', async () => {
    await expect(putNotifications(properties('images/2026/'), undefined, s3, signal)).rejects.toMatchObject({
      code: 'NOTIFICATION_CONFLICT',
      message: expect.stringMatching(/data.*"theirs".*:topic.*prefix "images\/".*set "events": "eventbridge"/s),
      context: { notification: 'theirs' },
    });
    expect(s3.writes).toBe(0);
  });

  test('does not take over an entry that has its id but another queue', async () => {
    const theirs = { ...FOREIGN, id: 'ours' };
    s3.notificationsOf.set('data', [theirs]);
    await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toMatchObject({
      code: 'NOTIFICATION_CONFLICT',
    });
    await removeNotifications(properties('logs/'), s3, signal);
    expect(stored()).toEqual([theirs]);
  });

  test('puts its entry back if another writer has removed it in between', async () => {
    s3.afterWrite = () => {
      if (s3.writes === 1) s3.notificationsOf.set('data', [EVENT_BRIDGE, FOREIGN]);
    };
    await putNotifications(properties('logs/'), undefined, s3, signal);
    expect(stored()[2]?.id).toBe('ours');
    expect(s3.writes).toBe(2);
  });

  test('gives up if another writer removes its entry every time', async () => {
    s3.afterWrite = () => s3.notificationsOf.set('data', [FOREIGN]);
    await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toMatchObject({
      code: 'CONFIGURATION_CONTESTED',
    });
    expect(s3.writes).toBe(21);
    expect(s3.clock).toBeLessThan(s3.patience.deadline);
  });

  test('waits until S3 sees a queue policy that was just created', async () => {
    s3.beforeWrite = () => {
      if (s3.writes < 3) throw new ConfigurationRefusedError('Unable to validate the destination');
    };
    await putNotifications(properties('logs/'), undefined, s3, signal);
    expect(stored()[2]?.id).toBe('ours');
    expect(s3.waits).toEqual([750, 1500, 5_500]);
  });

  test('reports what S3 said if S3 never accepts the configuration', async () => {
    s3.beforeWrite = () => {
      throw new ConfigurationRefusedError('Unable to validate the destination');
    };
    await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toThrow('Unable to validate');
    expect(stored()).toEqual([EVENT_BRIDGE, FOREIGN]);
  });

  test('immediately names an entry that is not ours and that S3 can no longer use', async () => {
    s3.beforeWrite = () => {
      throw new ConfigurationRefusedError(
        `S3 answered PutBucketNotificationConfiguration: Unable to validate (${FOREIGN.destination}, null: Destination does not exist)`,
      );
    };
    await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toMatchObject({
      code: 'NOTIFICATION_CONFLICT',
      message: expect.stringMatching(/"theirs", which is not ours, to .*:topic.*Destination does not exist/s),
    });
    expect(s3.waits).toEqual([]);
  });

  test('does not blame an entry whose destination only begins like the rejected one', async () => {
    s3.notificationsOf.set('data', [{ ...FOREIGN, destination: QUEUE.slice(0, -1) }]);
    s3.beforeWrite = () => {
      throw new ConfigurationRefusedError(`Unable to validate (${QUEUE}, null: Destination does not exist)`);
    };
    await expect(putNotifications(properties('logs/'), undefined, s3, signal)).rejects.toMatchObject({
      code: 'CONFIGURATION_REFUSED',
    });
  });

  test('says which bucket is missing', async () => {
    s3.notificationsOf.clear();
    await expect(putNotifications(properties(''), undefined, s3, signal)).rejects.toMatchObject({
      code: 'BUCKET_UNUSABLE',
      message: expect.stringContaining('Bucket data does not exist'),
    });
  });

  test('turns EventBridge on once if a rule needs it, and never off, since others may need it too', async () => {
    s3.notificationsOf.set('data', [FOREIGN]);
    const overlapping = { Bucket: 'data', Notifications: [], EventBridge: 'true' as const };
    await putNotifications(overlapping, properties('logs/'), s3, signal);
    await putNotifications(overlapping, overlapping, s3, signal);
    expect(stored()).toEqual([FOREIGN, expect.objectContaining({ isEventBridge: true, id: '' })]);
    expect(s3.writes).toBe(1);
    await putNotifications(properties('logs/'), overlapping, s3, signal);
    await removeNotifications(properties('logs/'), s3, signal);
    expect(stored()).toEqual([FOREIGN, expect.objectContaining({ isEventBridge: true })]);
  });

  test('encodes filters the way S3 compares them', async () => {
    await putNotifications(properties('year=2026/a b'), undefined, s3, signal);
    expect(stored()[2]?.prefix).toBe('year%3D2026/a+b');
  });
});

describe('removeNotifications', () => {
  test('removes only ours, and changes nothing the second time', async () => {
    await putNotifications(properties('logs/'), undefined, s3, signal);
    await removeNotifications(properties('logs/'), s3, signal);
    await removeNotifications(properties('logs/'), s3, signal);
    expect(stored()).toEqual([EVENT_BRIDGE, FOREIGN]);
    expect(s3.writes).toBe(2);
  });

  test('succeeds if the bucket is gone', async () => {
    s3.notificationsOf.clear();
    await removeNotifications(properties('logs/'), s3, signal);
    expect(s3.writes).toBe(0);
  });
});
