import type * as DynamoDb from '@aws-sdk/client-dynamodb';
import { NO_STATISTICS, type RuleStatistics, type WeightedUpdate } from '../../adaptive/rule-statistics.ts';
import type { StatisticsStore, WriteOutcome } from '../../adaptive/statistics-store.ts';
import { UnavailableStatisticsError } from '../errors.ts';
import { readStatistics } from './statistics-item.ts';
import { additionOf, rebaseOf } from './statistics-updates.ts';
import type { UpdateExpression } from './update-expression.ts';

/** An item that has not been updated for this long is removed: its rule is gone. */
const DAYS_KEPT = 90;
export interface DynamoDbStatisticsOptions {
  readonly table: string;
  /** Made at the first call, so that a cold start does not wait for it. */
  readonly openClient: () => Promise<DynamoDb.DynamoDBClient>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Statistics of rules in DynamoDB: one item per rule, one number per attribute, so that an archive of several classes is one
 * write. An item has at most four classes times the rule's levels, which is 7 KB (docs/scale.md).
 */
export class DynamoDbStatistics implements StatisticsStore {
  readonly #options: DynamoDbStatisticsOptions;
  #client: Promise<DynamoDb.DynamoDBClient> | undefined;

  constructor(options: DynamoDbStatisticsOptions) {
    this.#options = options;
  }

  /** @throws UnavailableStatisticsError */
  async load(rule: string): Promise<RuleStatistics> {
    const { table } = this.#options;
    return this.#call(rule, 'GetItem', async (client, { GetItemCommand }) => {
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { Id: { S: rule } } }));
      return Item === undefined ? NO_STATISTICS : readStatistics(Item);
    });
  }

  /** @throws UnavailableStatisticsError */
  async add(rule: string, update: WeightedUpdate): Promise<WriteOutcome> {
    return this.#update(rule, additionOf(update));
  }

  /** @throws UnavailableStatisticsError */
  async rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<WriteOutcome> {
    return this.#update(rule, rebaseOf(current, rebased));
  }

  async #update(rule: string, expression: UpdateExpression): Promise<WriteOutcome> {
    const { table, now } = this.#options;
    expression.set('ExpiresAt', String(Math.floor(now() / 1000) + DAYS_KEPT * 86_400));
    return this.#call(rule, 'UpdateItem', async (client, { UpdateItemCommand, ConditionalCheckFailedException }) => {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { Id: { S: rule } },
        ...expression.render(),
        ReturnValues: 'ALL_NEW',
        // A refusal returns the current item, so nothing has to be read before the next attempt.
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        const { Attributes = {} } = await client.send(command);
        return { wasWritten: true, statistics: readStatistics(Attributes) };
      } catch (thrown) {
        if (!(thrown instanceof ConditionalCheckFailedException)) throw thrown;
        return { wasWritten: false, statistics: readStatistics(thrown.Item ?? {}) };
      }
    });
  }

  async #call<T>(
    rule: string,
    operation: string,
    call: (client: DynamoDb.DynamoDBClient, sdk: typeof DynamoDb) => Promise<T>,
  ): Promise<T> {
    const { table, openClient } = this.#options;
    try {
      this.#client ??= openClient();
      return await call(await this.#client, await import('@aws-sdk/client-dynamodb'));
    } catch (cause) {
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new UnavailableStatisticsError(`${operation} of the statistics of rule ${rule} in ${table}: ${said}`, {
        context: { operation, rule, table },
        cause,
      });
    }
  }
}
