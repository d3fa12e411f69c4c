import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startAwsServer } from '../../../local-cloud/aws-server.ts';
import { createDeletionsTable } from '../../../local-cloud/pipeline/deletions-table.ts';
import { LOCAL_CREDENTIALS } from '../../../local-cloud/region-clients.ts';
import { DynamoDbDeletions } from '../../../src/aws/dynamodb/deletions.ts';
import { generatedKey } from './generated-keys.ts';

/** Keys of one archive, of deletions and of objects. */
const ARCHIVE_KEYS = 1000;
const RULE = 'rule';
const FIRST = Date.UTC(2026, 10, 23, 10);

/** What the query for the objects of one archive took. */
export interface Recall {
  readonly seconds: number;
  /** Answers of DynamoDB. */
  readonly pages: number;
  /** Highest resident memory, in bytes. */
  readonly highest: number;
  readonly found: number;
}

/**
 * Records very many deletions in a table of the local DynamoDB, archive by archive, and queries those for one archive
 * of objects.
 * @param reach is called with the number of recorded deletions
 */
export async function rememberDeletions(keys: number, reach: (keys: number) => void): Promise<Recall> {
  await using cleanup = new AsyncDisposableStack();
  const server = await startAwsServer({ region: 'us-east-1' });
  cleanup.defer(() => server.stop());
  const client = new DynamoDBClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
  });
  cleanup.defer(() => {
    client.destroy();
  });
  await createDeletionsTable(client, 'deletions');
  let calls = 0;
  let highest = 0;
  client.middlewareStack.add((next) => async (args) => {
    const answer = await next(args);
    calls += 1;
    highest = Math.max(highest, process.memoryUsage.rss());
    return answer;
  });
  const memory = new DynamoDbDeletions({ table: 'deletions', openClient: () => Promise.resolve(client) });
  for (let first = 0; first < keys; first += ARCHIVE_KEYS) {
    const deletions = Array.from({ length: Math.min(ARCHIVE_KEYS, keys - first) }, (_, index) => ({
      key: generatedKey(first + index),
      eventTime: FIRST + first + index,
      sequencer: (first + index).toString(16).padStart(16, '0'),
    }));
    await memory.record(RULE, deletions, FIRST + first);
    reach(first + deletions.length);
  }
  const asked = Array.from({ length: ARCHIVE_KEYS }, (_, index) =>
    generatedKey(Math.floor((index * keys) / ARCHIVE_KEYS)),
  );
  calls = 0;
  highest = 0;
  const begun = performance.now();
  const found = await memory.recall(RULE, FIRST, asked);
  return { seconds: (performance.now() - begun) / 1000, pages: calls, highest, found: found.size };
}
