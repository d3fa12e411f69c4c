import { createCipheriv } from 'node:crypto';
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describeFailure } from '../../../src/aws/s3/failure.ts';
import { describeDeadLetter } from '../../../src/aws/sqs/dead-letter-attributes.ts';
import type { AwsClients } from '../../../src/cli/command/aws-clients.ts';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { ruleResourceName } from '../../../src/configuration/schema/resource-names.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { s3Notification } from '../notifications.ts';
import { ruleBetween, SETTINGS, SOURCE, TARGET, writeConfiguration } from '../operated/configuration.ts';
import { SourceServiceHarness } from '../source-service.ts';

const ACCOUNT = '123456789012';

/** S3's answer while a policy denies access to an object. */
const DENIED = {
  status: 403,
  code: 'AccessDenied',
  message: 'Access Denied',
  requestId: undefined,
  date: undefined,
};

/**
 * The account in the sessions of the README: a bucket of mixed content that is being replicated, and an archive of it.
 */
export class ShownAccount {
  private readonly clients: AwsClients;
  /** Name of the rule's queue. */
  private queue = '';

  constructor(clients: AwsClients) {
    this.clients = clients;
  }

  /** Makes the buckets with their objects, an archive that the source service packs, and the queues of the rule. */
  async open(folder: string): Promise<void> {
    await writeConfiguration(folder, [ruleBetween('acme', 'acme-copy')]);
    const CreateBucketConfiguration = { LocationConstraint: SOURCE } as const;
    const s3 = this.clients.s3(SOURCE);
    for (const Bucket of ['acme', 'archives']) {
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    }
    await this.clients.s3(TARGET).send(new CreateBucketCommand({ Bucket: 'acme-copy' }));
    const objects = makeObjects();
    for (const [Key, Body] of objects) await s3.send(new PutObjectCommand({ Bucket: 'acme', Key, Body }));
    await s3.send(new PutObjectCommand({ Bucket: 'archives', Key: 'acme.tar.zst', Body: await pack(objects) }));
    const [rule] = (await loadConfiguration(folder)).rules;
    this.queue = ruleResourceName(SETTINGS.stack_name, rule?.id ?? '');
    await this.makeQueues();
  }

  /** Denies reads of logs by a policy, and dead-letters the events of two. */
  async breakReading(): Promise<void> {
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme/logs/*' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'OnlyAuditors', ...statement }] });
    await this.clients.s3(SOURCE).send(new PutBucketPolicyCommand({ Bucket: 'acme', Policy }));
    const sqs = this.clients.sqs(SOURCE);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: this.deadLetters() }));
    for (const key of ['logs/0003.log', 'logs/0007.log']) {
      const call = { operation: 'GetObject', kind: 'read', bucket: 'acme', key } as const;
      const MessageAttributes = describeDeadLetter(describeFailure(DENIED, call, 1));
      const MessageBody = s3Notification({ bucket: 'acme', key });
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
    }
  }

  private async makeQueues(): Promise<void> {
    const deadLetterTargetArn = `arn:aws:sqs:${SOURCE}:${ACCOUNT}:${this.deadLetters()}`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    const sqs = this.clients.sqs(SOURCE);
    await sqs.send(new CreateQueueCommand({ QueueName: this.deadLetters() }));
    await sqs.send(new CreateQueueCommand({ QueueName: this.queue, Attributes: { RedrivePolicy } }));
  }

  private deadLetters(): string {
    return `${this.queue}-dead-letters`;
  }
}

/**
 * Objects by key: logs, which compress; photos, which do not; and carts, which do but are too small to save money. The
 * same on every machine.
 */
function makeObjects(): ReadonlyMap<string, Buffer> {
  const objects = new Map<string, Buffer>();
  const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16));
  const noise = (bytes: number): Buffer => stream.update(Buffer.alloc(bytes));
  for (let number = 0; number < 16; number += 1) {
    const name = String(number).padStart(4, '0');
    const lines = Array.from(noise(60_000).toString('hex').match(/.{8}/g) ?? [], writeLine);
    objects.set(`logs/${name}.log`, Buffer.from(lines.join('')));
    objects.set(`photos/${name}.jpg`, noise(300_000));
    const items = Array.from({ length: 20 }, (_, item) => ({ item, sku: noise(4).toString('hex'), state: 'ordered' }));
    objects.set(`carts/${name}.json`, Buffer.from(JSON.stringify({ cart: number, items })));
  }
  return objects;
}

function writeLine(id: string, line: number): string {
  const second = String(line % 60).padStart(2, '0');
  return `12:00:${second} GET /carts/${id} 200\n`;
}

/** The archive that the source service makes from these objects. */
async function pack(objects: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const service = new SourceServiceHarness();
  const messages: QueueMessage[] = [];
  for (const [key, body] of objects) messages.push(await service.place(key, body));
  const failed = await service.process(...messages);
  if (failed.length > 0) throw new Error(`${failed.length} objects were not packed`);
  return service.archive();
}
