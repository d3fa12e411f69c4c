import { setTimeout as delay } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  paginateGetQueryResults,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { FailedQueryError } from '../errors.ts';

export interface AthenaOptions {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly workgroup: string;
  /** `s3://bucket/prefix/` that results are written to; absent: the workgroup's own location. */
  readonly output?: string | undefined;
  /** Milliseconds between two polls of a query's state. */
  readonly interval?: number;
}

/** The result of a query, and how much it scanned. */
export interface QueryResult {
  readonly id: string;
  readonly scannedBytes: number;
}

const INTERVAL_MILLISECONDS = 2000;

/** Runs SQL in Amazon Athena. */
export class AthenaQueries {
  readonly #client: AthenaClient;
  readonly #options: AthenaOptions;

  constructor(options: AthenaOptions) {
    const { region, profile } = options;
    this.#client = new AthenaClient({ region, ...(profile === undefined ? {} : { profile }) });
    this.#options = options;
  }

  /** Resolves when the query has succeeded; one that is aborted is stopped. @throws FailedQueryError, the reason of the signal */
  async run(sql: string, signal: AbortSignal): Promise<QueryResult> {
    const { workgroup, output, interval = INTERVAL_MILLISECONDS } = this.#options;
    const { QueryExecutionId: id = '' } = await this.#client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: workgroup,
        ...(output === undefined ? {} : { ResultConfiguration: { OutputLocation: output } }),
      }),
    );
    for (;;) {
      const { QueryExecution } = await this.#client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
      const { State, StateChangeReason = '' } = QueryExecution?.Status ?? {};
      if (State === 'SUCCEEDED') return { id, scannedBytes: QueryExecution?.Statistics?.DataScannedInBytes ?? 0 };
      if (State === 'FAILED' || State === 'CANCELLED') {
        throw new FailedQueryError(`Athena query ${id} is ${State}: ${StateChangeReason}`, {
          context: { query: id, workgroup },
        });
      }
      try {
        await delay(interval, undefined, { signal });
      } catch (aborted) {
        await this.#client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
        signal.throwIfAborted();
        throw aborted;
      }
    }
  }

  /** Rows of a query that has succeeded, without the header row; a missing value is an empty string. */
  async *rows({ id }: QueryResult): AsyncGenerator<readonly string[], void> {
    let isNames = true;
    for await (const { ResultSet } of paginateGetQueryResults({ client: this.#client }, { QueryExecutionId: id })) {
      for (const { Data = [] } of ResultSet?.Rows ?? []) {
        if (!isNames) yield Data.map(({ VarCharValue = '' }) => VarCharValue);
        isNames = false;
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }
}
