import type * as DynamoDb from '@aws-sdk/client-dynamodb';
import { NO_STATISTICS, type RuleStatistics, type StatisticsUpdate } from '../adaptive/rule-statistics.ts';
import type { StatisticsStore } from '../adaptive/statistics-store.ts';
import { StatisticsUnavailableError } from './errors.ts';
import { probeAttributes, readStatistics, sumAttributes } from './statistics-item.ts';
import { UpdateExpression } from './update-expression.ts';

/** An item that nobody has added to for so long is removed: its rule is gone. */
const DAYS_KEPT = 90;
export interface DynamoDbStatisticsOptions {
  readonly table: string;
  /** Made at the first call, so that a cold start does not wait for it. */
  readonly openClient: () => Promise<DynamoDb.DynamoDBClient>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Statistics of rules in DynamoDB: one item a rule, one number an attribute, so that an archive of several classes is one
 * write. An item has at most four classes times the rule's levels: some 4 KB.
 */
export class DynamoDbStatistics implements StatisticsStore {
  readonly #options: DynamoDbStatisticsOptions;
  #client: Promise<DynamoDb.DynamoDBClient> | undefined;

  constructor(options: DynamoDbStatisticsOptions) {
    this.#options = options;
  }

  /** @throws StatisticsUnavailableError */
  async load(rule: string): Promise<RuleStatistics> {
    const { table } = this.#options;
    return this.#call(rule, 'GetItem', async (client, { GetItemCommand }) => {
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { Id: { S: rule } } }));
      return Item === undefined ? NO_STATISTICS : readStatistics(Item);
    });
  }

  /** @throws StatisticsUnavailableError */
  async add(rule: string, update: StatisticsUpdate): Promise<RuleStatistics> {
    const expression = new UpdateExpression();
    expression.add('archives', 1);
    for (const [name, value] of sumAttributes(update)) expression.add(name, value);
    for (const [name, value] of probeAttributes(update)) expression.set(name, value);
    return this.#update(rule, expression);
  }

  /** @throws StatisticsUnavailableError */
  async rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<void> {
    const expression = new UpdateExpression();
    expression.set('landmark', rebased.landmark);
    for (const [name, value] of sumAttributes(rebased)) expression.set(name, value);
    expression.demand('archives', current.archives);
    try {
      await this.#update(rule, expression);
    } catch (thrown) {
      // Somebody has added since: the next archive tries again, and until then weights only grow.
      if (!isRefusedCondition(thrown)) throw thrown;
    }
  }

  async #update(rule: string, expression: UpdateExpression): Promise<RuleStatistics> {
    const { table, now } = this.#options;
    expression.set('ExpiresAt', Math.floor(now() / 1000) + DAYS_KEPT * 86_400);
    return this.#call(rule, 'UpdateItem', async (client, { UpdateItemCommand }) => {
      const Key = { Id: { S: rule } };
      const command = { TableName: table, Key, ...expression.render(), ReturnValues: 'ALL_NEW' as const };
      const { Attributes } = await client.send(new UpdateItemCommand(command));
      return readStatistics(Attributes ?? {});
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
      throw new StatisticsUnavailableError(`${operation} of the statistics of rule ${rule} in ${table}: ${said}`, {
        context: { operation, rule, table },
        cause,
      });
    }
  }
}

function isRefusedCondition(thrown: unknown): boolean {
  if (!(thrown instanceof StatisticsUnavailableError)) return false;
  const { cause } = thrown;
  return cause instanceof Error && cause.name === 'ConditionalCheckFailedException';
}
