import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { type EmulatedCloud, type EmulatedRegion, startEmulatedCloud } from '../../../local-cloud/emulated-cloud.ts';
import { EventSourceMapping, type EventSourceMappingOptions } from '../../../local-cloud/event-source-mapping.ts';
import { createQueuePair, type QueuePair } from '../../../local-cloud/pipeline/queue-pair.ts';

const REGION = 'eu-west-1';

let cloud: EmulatedCloud;
let region: EmulatedRegion;
let queue: QueuePair;
let mapping: EventSourceMapping | undefined;
let queueNumber = 0;

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [REGION] });
  region = cloud.region(REGION);
});

afterAll(async () => {
  await cloud.stop();
});

beforeEach(async () => {
  queueNumber += 1;
  queue = await createQueuePair(region.sqs, `queue-${queueNumber}`, { visibilitySeconds: 2, maxReceiveCount: 2 });
});

afterEach(async () => {
  await mapping?.stop();
  mapping = undefined;
});

type Setup = Partial<EventSourceMappingOptions> & Pick<EventSourceMappingOptions, 'invoke'>;

function startMapping(setup: Setup): EventSourceMapping {
  mapping = new EventSourceMapping({
    sqs: region.sqs,
    queueUrl: queue.url,
    queueArn: queue.arn,
    region: REGION,
    batchSize: 10,
    batchWindowSeconds: 0,
    maximumConcurrency: 2,
    ...setup,
  });
  mapping.start();
  return mapping;
}

async function send(bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += 10) {
    const Entries = bodies.slice(start, start + 10).map((MessageBody, Id) => ({ Id: String(Id), MessageBody }));
    await region.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  }
}

function bodies({ Records }: SQSEvent): string[] {
  return Records.map(({ body }) => body);
}

async function deadLetters(): Promise<string[]> {
  const { Messages } = await region.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue.deadLetters.url, MaxNumberOfMessages: 10 }),
  );
  return (Messages ?? []).map(({ Body = '' }) => Body).toSorted();
}

async function countLeft(): Promise<number> {
  const { Attributes } = await region.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
}

describe('EventSourceMapping', () => {
  it('passes a message with all fields that Lambda sets', async () => {
    await region.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'hello',
        MessageAttributes: { code: { DataType: 'String', StringValue: 'X' } },
      }),
    );
    const events: SQSEvent[] = [];
    await startMapping({
      invoke: (event) => {
        events.push(event);
        return Promise.resolve(undefined);
      },
    }).idle();
    expect(events).toHaveLength(1);
    expect(events[0]?.Records).toMatchObject([
      {
        body: 'hello',
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: queue.arn,
        awsRegion: REGION,
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
        messageAttributes: { code: { stringValue: 'X', dataType: 'String' } },
      },
    ]);
  });

  it('fills a batch from several receives, within its window and up to the batch size', async () => {
    queue = await createQueuePair(region.sqs, 'patient-queue', { visibilitySeconds: 3600, maxReceiveCount: 2 });
    const sent = Array.from({ length: 60 }, (_, index) => `m${index}`);
    await send(sent);
    const batches: string[][] = [];
    const first = Promise.withResolvers<undefined>();
    const running = startMapping({
      batchSize: 45,
      batchWindowSeconds: 3600,
      invoke: (event) => {
        batches.push(bodies(event));
        first.resolve(undefined);
        return Promise.resolve({ batchItemFailures: [] });
      },
    });
    await first.promise;
    await running.stop();
    expect(batches[0]).toHaveLength(45);
    expect(new Set(batches.flat()).size + (await countLeft())).toBe(60);
  });

  it('deletes all but the messages that the function returns; those become visible again', async () => {
    await send(['good', 'bad', 'fine']);
    const seen: string[] = [];
    await startMapping({
      batchWindowSeconds: 0.3,
      invoke: (event) => {
        seen.push(...event.Records.map(({ body, attributes }) => `${body} ${attributes.ApproximateReceiveCount}`));
        const failed = event.Records.filter(
          ({ body, attributes }) => body === 'bad' && attributes.ApproximateReceiveCount === '1',
        );
        return Promise.resolve({ batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) });
      },
    }).idle();
    expect(seen.toSorted()).toEqual(['bad 1', 'bad 2', 'fine 1', 'good 1']);
    expect(await countLeft()).toBe(0);
    expect(await deadLetters()).toEqual([]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('boom'))],
    [
      'returns an identifier that is not in the batch',
      () => Promise.resolve({ batchItemFailures: [{ itemIdentifier: 'z' }] }),
    ],
  ])('deletes nothing if the function %s, until the queue dead-letters the messages', async (_, invoke) => {
    await send(['one', 'two']);
    const counts: string[] = [];
    const outcomes: string[] = [];
    await startMapping({
      batchWindowSeconds: 0.3,
      invoke: (event) => {
        counts.push(...event.Records.map(({ attributes }) => attributes.ApproximateReceiveCount));
        return invoke();
      },
      onInvocation: ({ outcome }) => outcomes.push(outcome.kind),
    }).idle();
    expect(counts.toSorted()).toEqual(['1', '1', '2', '2']);
    expect(new Set(outcomes)).toEqual(new Set(['whole batch failed']));
    expect(await deadLetters()).toEqual(['one', 'two']);
  });

  it('runs up to its maximum of concurrent invocations', async () => {
    await send(['1', '2', '3', '4', '5', '6']);
    let running = 0;
    let peak = 0;
    const bothRun = Promise.withResolvers<undefined>();
    await startMapping({
      batchSize: 1,
      maximumConcurrency: 2,
      invoke: async () => {
        running += 1;
        peak = Math.max(peak, running);
        if (running === 2) bothRun.resolve(undefined);
        await bothRun.promise;
        running -= 1;
        return null;
      },
    }).idle();
    expect(peak).toBe(2);
  });

  it('finishes the messages that it has received when it is stopped, and leaves the rest in the queue', async () => {
    const started = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const handled: string[] = [];
    const running = startMapping({
      maximumConcurrency: 1,
      invoke: async (event) => {
        started.resolve(undefined);
        await finish.promise;
        handled.push(...bodies(event));
      },
    });
    await send(['first']);
    await started.promise;
    const stopped = running.stop();
    await send(['second']);
    finish.resolve(undefined);
    await stopped;
    expect(handled.length + (await countLeft())).toBe(2);
    expect(handled).toContain('first');
  });

  it('passes a queue failure on to waiting callers', async () => {
    const broken = startMapping({ queueUrl: `${queue.url}-that-is-not-there`, invoke: () => Promise.resolve(null) });
    await expect(broken.idle()).rejects.toThrow();
    await expect(broken.stop()).rejects.toThrow();
    mapping = undefined;
  });
});
