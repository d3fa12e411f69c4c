import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NO_STATISTICS } from '../../src/adaptive/rule-statistics.ts';
import { DynamoDbStatistics } from '../../src/aws/dynamodb-statistics.ts';
import { type AwsServer, startAwsServer } from '../../src/local/aws-server.ts';
import { createStatisticsTable } from '../../src/local/pipeline/statistics-table.ts';
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

  test('keep weights of thousands of archives apart from each other', async () => {
    const store = openStore();
    const sums = { archives: 0, bytes: 0, tested: 0, compressed: 0, cpuSeconds: 0 };
    for (const bytes of [Math.exp(64), 1]) {
      await store.add('heavy', { ...NO_STATISTICS, arms: new Map([['text:3', { ...sums, bytes }]]) });
    }
    const { arms } = await store.load('heavy');
    expect(arms.get('text:3')?.bytes).toBe(Math.exp(64) + 1);
  });

  test('that cannot be reached say so, with rule, table and cause', async () => {
    await expect(openStore('no-such-table').load('rule')).rejects.toMatchObject({
      code: 'STATISTICS_UNAVAILABLE',
      context: { operation: 'GetItem', rule: 'rule', table: 'no-such-table' },
      cause: expect.any(Error),
    });
  });
});
