import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createDeletionsTable } from '../../local-cloud/pipeline/deletions-table.ts';
import { DynamoDbDeletions } from '../../src/aws/dynamodb/deletions.ts';
import { DeletionMemoryError } from '../../src/restoring/errors.ts';
import { describeDeletionMemory } from '../support/describe-deletion-memory.ts';

const NOW = Date.UTC(2026, 10, 23);
const table = 'deletions';
let server: AwsServer;
let client: DynamoDBClient;

beforeAll(async () => {
  const region = 'eu-west-1';
  server = await startAwsServer({ region });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: server.endpoint, region, credentials, maxAttempts: 1 });
  await createDeletionsTable(client, table);
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const openMemory = (name = table): DynamoDbDeletions =>
  new DynamoDbDeletions({ table: name, openClient: () => Promise.resolve(client) });

describeDeletionMemory('DynamoDB', openMemory);

describe('deletions in DynamoDB', () => {
  test('take one item per archive and 31 bytes each, and expire after 180 days', async () => {
    const deletions = Array.from({ length: 1000 }, (_, index) => ({
      key: `a-rather-long-folder/and-a-name-${index}`,
      eventTime: NOW,
      sequencer: '0055AED6DCD90281',
    }));
    await openMemory().record('archive', deletions, NOW);
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#rule = :rule',
        ExpressionAttributeNames: { '#rule': 'Rule' },
        ExpressionAttributeValues: { ':rule': { S: 'archive' } },
      }),
    );
    expect(Items).toHaveLength(1);
    expect(Items[0]?.['Deletions']?.B).toHaveLength(31_000);
    expect(Items[0]?.['ExpiresAt']).toEqual({ N: String(NOW / 1000 + 180 * 86_400) });
  });

  test('that cannot be read cause a retryable error that names rule and table', async () => {
    const missing = openMemory('no-such-table').recall('rule', NOW, ['k']);
    await expect(missing).rejects.toThrow(DeletionMemoryError);
    await expect(missing).rejects.toMatchObject({
      retryable: true,
      isOutage: false,
      context: { rule: 'rule', table: 'no-such-table' },
    });
  });

  test.each([
    ['a throttle', 'ProvisionedThroughputExceededException', 'client', true],
    ['a failure of the server', 'InternalServerError', 'server', true],
    ['a connection that is refused', 'Error', undefined, true],
    ['a missing permission', 'AccessDeniedException', 'client', false],
  ])('distinguish an outage from a fault that someone must fix: %s', async (_, name, $fault, isOutage) => {
    const failing: typeof client.send = () => Promise.reject(Object.assign(new Error('on purpose'), { name, $fault }));
    const own = new DynamoDBClient({ region: 'eu-west-1' });
    own.send = failing;
    const memory = new DynamoDbDeletions({ table, openClient: () => Promise.resolve(own) });
    await expect(memory.recall('rule', NOW, ['k'])).rejects.toMatchObject({ isOutage });
  });
});
