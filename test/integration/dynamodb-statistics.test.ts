import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createStatisticsTable } from '../../local-cloud/pipeline/statistics-table.ts';
import { NO_STATISTICS, type StatisticsUpdate } from '../../src/adaptive/rule-statistics.ts';
import { StatisticsCache } from '../../src/adaptive/statistics-cache.ts';
import { DynamoDbStatistics } from '../../src/aws/dynamodb/statistics.ts';
import { describeStatisticsStore } from '../support/describe-statistics-store.ts';

const NOW = Date.UTC(2026, 10, 23);
const table = 'statistics';
let server: AwsServer;
let client: DynamoDBClient;

beforeAll(async () => {
  const region = 'eu-west-1';
  server = await startAwsServer({ region });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: server.endpoint, region, credentials, maxAttempts: 1 });
  await createStatisticsTable(client, table);
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const openStore = (name = table): DynamoDbStatistics =>
  new DynamoDbStatistics({ table: name, openClient: () => Promise.resolve(client), now: () => NOW });

describeStatisticsStore('DynamoDB', openStore);

describe('statistics in DynamoDB', () => {
  test('expire 90 days after the last archive of their rule', async () => {
    await openStore().add('rule', NO_STATISTICS);
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { Id: { S: 'rule' } } }));
    expect(Item?.['ExpiresAt']).toEqual({ N: String(NOW / 1000 + 90 * 86_400) });
  });

  test('stay exact with weights that are hundreds of archives apart', async () => {
    const store = openStore();
    const sums = { archives: 0, bytes: 0, tested: 0, compressed: 0, cpuSeconds: 0 };
    for (const bytes of [Math.exp(16), 0.25]) {
      await store.add('heavy', { ...NO_STATISTICS, arms: new Map([['text:3', { ...sums, bytes }]]) });
    }
    const { arms } = await store.load('heavy');
    expect(arms.get('text:3')?.bytes).toBeCloseTo(Math.exp(16) + 0.25, 6);
  });

  test('are added and rebased even if an item uses all of its digits', async () => {
    // 1,400 archives without a rebase, the first of them with CPU seconds down to 1e-17: 37 digits.
    const Item = {
      Id: { S: 'long' },
      archives: { N: '1400' },
      'sum:text:3:archives': { N: '321000000000000000000.25' },
      'sum:text:3:bytes': { N: '2692743168000000000000000000' },
      'sum:text:3:tested': { N: '807822950400000000000000000.5' },
      'sum:text:3:compressed': { N: '545707000000000000000000000' },
      'sum:text:3:cpuSeconds': { N: '56175000000000000001.01751234567890123' },
    };
    await client.send(new PutItemCommand({ TableName: table, Item }));
    const sums = { archives: 1, bytes: 8_388_608, tested: 2_516_582.4, compressed: 1_700_001, cpuSeconds: 0.175 };
    const lesson: StatisticsUpdate = { ...NO_STATISTICS, arms: new Map([['text:3', sums]]) };
    const failures: string[] = [];
    const onFailure = ({ message }: Error): void => {
      failures.push(message);
    };
    const cache = new StatisticsCache({ rule: 'long', store: openStore(), now: () => 0, onFailure });
    await cache.read();
    for (let archive = 0; archive < 80; archive += 1) await cache.add(lesson);
    const { archives, landmark, arms } = await openStore().load('long');
    expect({ archives, landmark, failures }).toEqual({ archives: 1480, landmark: 1401, failures: [] });
    const { bytes = 1, cpuSeconds } = arms.get('text:3') ?? {};
    expect((cpuSeconds ?? 0) / bytes).toBeCloseTo(0.175 / 8_388_608, 10);
  });

  test('that cannot be read cause an error with rule, table and cause', async () => {
    await expect(openStore('no-such-table').load('rule')).rejects.toMatchObject({
      code: 'STATISTICS_UNAVAILABLE',
      context: { operation: 'GetItem', rule: 'rule', table: 'no-such-table' },
      cause: expect.any(Error),
    });
  });
});

describe('the local DynamoDB', () => {
  const add = (Id: string, N: string) =>
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { Id: { S: Id } },
        UpdateExpression: 'ADD #n :one, #sum :more',
        ExpressionAttributeNames: { '#n': 'archives', '#sum': 'sum' },
        ExpressionAttributeValues: { ':one': { N: '1' }, ':more': { N } },
        ReturnValues: 'ALL_NEW',
      }),
    );

  test('adds exactly, in 38 digits', async () => {
    await add('exact', '1e37');
    const { Attributes } = await add('exact', '3.000');
    expect(Attributes?.['sum']).toEqual({ N: `1${'0'.repeat(36)}3` });
  });

  test.each([
    ['a sum', '1e50', '1'],
    ['a number that is sent', '1', `1.${'1'.repeat(38)}`],
  ])('refuses %s of more than 38 digits, and leaves the item as it was', async (what, first, second) => {
    await add(what, first);
    await expect(add(what, second)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('38 significant digits'),
    });
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { Id: { S: what } } }));
    expect(Item?.['archives']).toEqual({ N: '1' });
  });

  test('refuses an expression of more than 4 KB', async () => {
    const UpdateExpression = `SET ${Array.from({ length: 500 }, (_, index) => `a${index}=:n`).join(', ')}`;
    const command = { TableName: table, Key: { Id: { S: 'wide' } }, UpdateExpression };
    const sent = client.send(new UpdateItemCommand({ ...command, ExpressionAttributeValues: { ':n': { N: '1' } } }));
    await expect(sent).rejects.toThrow('Expression size');
  });
});
