import { randomBytes } from 'node:crypto';
import type * as DynamoDb from '@aws-sdk/client-dynamodb';
import {
  DELETIONS_KEPT_DAYS,
  type DeletionMemory,
  type SourceDeletion,
} from '../../restoring/deletions/deletion-memory.ts';
import { DeletionPicker, encodeDeletions, MAX_RECORD_BYTES } from '../../restoring/deletions/deletion-record.ts';
import { DeletionMemoryError } from '../../restoring/errors.ts';

/** An item may have 400 KB (Amazon DynamoDB developer guide, "Service quotas"). */
const DELETIONS_PER_ITEM = Math.floor(380_000 / MAX_RECORD_BYTES);
/** Digits of milliseconds since 1970 until the year 2286; as text they sort as numbers do. */
const TIME_DIGITS = 13;

export interface DynamoDbDeletionsOptions {
  readonly table: string;
  /** Made at the first call, so that a cold start does not wait for it. */
  readonly openClient: () => Promise<DynamoDb.DynamoDBClient>;
}

/**
 * Deletions in DynamoDB, under their rule and the time at which they were recorded. An item holds all deletions of an
 * archive, up to 9,743: one write unit (1 KB) per 33 deletions, and one read unit (4 KB) per 132. Recorded deletions
 * are read page by page, and only the keys that were asked for stay in memory.
 */
export class DynamoDbDeletions implements DeletionMemory {
  readonly #options: DynamoDbDeletionsOptions;
  #client: Promise<DynamoDb.DynamoDBClient> | undefined;

  constructor(options: DynamoDbDeletionsOptions) {
    this.#options = options;
  }

  async record(rule: string, deletions: readonly SourceDeletion[], at: number, signal?: AbortSignal): Promise<void> {
    for (let first = 0; first < deletions.length; first += DELETIONS_PER_ITEM) {
      const bytes = encodeDeletions(deletions.slice(first, first + DELETIONS_PER_ITEM));
      await this.#call(rule, 'PutItem', async (client, { PutItemCommand }) => {
        const Item = {
          Rule: { S: rule },
          // Two archives may be recorded in the same millisecond.
          KeptAt: { S: `${sortable(at)}-${randomBytes(8).toString('hex')}` },
          Deletions: { B: bytes },
          ExpiresAt: { N: String(Math.floor(at / 1000) + DELETIONS_KEPT_DAYS * 86_400) },
        };
        await client.send(new PutItemCommand({ TableName: this.#options.table, Item }), abortable(signal));
      });
    }
  }

  async recall(
    rule: string,
    since: number,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly SourceDeletion[]>> {
    const picker = new DeletionPicker(keys);
    await this.#call(rule, 'Query', async (client, { QueryCommand }) => {
      let next: Record<string, DynamoDb.AttributeValue> | undefined;
      do {
        const query = new QueryCommand({
          TableName: this.#options.table,
          KeyConditionExpression: '#rule = :rule AND KeptAt >= :since',
          ExpressionAttributeNames: { '#rule': 'Rule' },
          ExpressionAttributeValues: { ':rule': { S: rule }, ':since': { S: sortable(since) } },
          // Must see what another process has recorded a moment ago.
          ConsistentRead: true,
          ...(next === undefined ? {} : { ExclusiveStartKey: next }),
        });
        const { Items = [], LastEvaluatedKey } = await client.send(query, abortable(signal));
        for (const { Deletions } of Items) picker.pick(Deletions?.B ?? new Uint8Array(0));
        next = LastEvaluatedKey;
      } while (next !== undefined);
    });
    return picker.found;
  }

  async #call(
    rule: string,
    operation: string,
    call: (client: DynamoDb.DynamoDBClient, sdk: typeof DynamoDb) => Promise<void>,
  ): Promise<void> {
    const { table, openClient } = this.#options;
    try {
      this.#client ??= openClient();
      await call(await this.#client, await import('@aws-sdk/client-dynamodb'));
    } catch (cause) {
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new DeletionMemoryError(
        isOutage(cause),
        `${operation} of the deletions of rule ${rule} in ${table}: ${said}. The archive is kept and will be restored when the table responds.`,
        { context: { operation, rule, table }, cause },
      );
    }
  }
}

/**
 * Every failure except those that DynamoDB blames on the request, such as a missing table or permission. Throttles are
 * client errors, too, but count as outages.
 */
function isOutage(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('$fault' in cause) || cause.$fault !== 'client') return true;
  return /throttl|throughput|limitexceeded/i.test(cause.name);
}

function sortable(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(TIME_DIGITS, '0');
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
