import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Makes the table of src/stacks/target.yaml. */
export async function createDeletionsTable(client: DynamoDBClient, table: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'Rule', AttributeType: 'S' },
        { AttributeName: 'KeptAt', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'Rule', KeyType: 'HASH' },
        { AttributeName: 'KeptAt', KeyType: 'RANGE' },
      ],
    }),
  );
}
