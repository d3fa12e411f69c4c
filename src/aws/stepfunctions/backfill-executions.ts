import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  paginateListMapRuns,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { BackfillExecutions, ExecutionState, FileProgress } from '../../backfill/executions.ts';

export interface StepFunctionsOptions {
  readonly region: string;
  readonly profile?: string | undefined;
}

/** Backfills that AWS Step Functions runs. */
export class StepFunctionsExecutions implements BackfillExecutions {
  readonly #client: SFNClient;

  constructor({ region, profile }: StepFunctionsOptions) {
    this.#client = new SFNClient({ region, ...(profile === undefined ? {} : { profile }) });
  }

  async start(stateMachine: string, name: string, input: string): Promise<string> {
    const request = new StartExecutionCommand({ stateMachineArn: stateMachine, name, input });
    return (await this.#client.send(request)).executionArn ?? '';
  }

  async describe(execution: string): Promise<ExecutionState | undefined> {
    try {
      const request = new DescribeExecutionCommand({ executionArn: execution });
      const { status, error, cause } = await this.#client.send(request);
      const reason = [error, cause].filter((text) => text !== undefined && text !== '').join(': ');
      return { status: status ?? 'RUNNING', ...(reason === '' ? {} : { reason }) };
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'ExecutionDoesNotExist') return undefined;
      throw thrown;
    }
  }

  /**
   * An execution has one Map Run, or none yet; a redrive that had to start from scratch adds another one, which is
   * listed first.
   */
  async progress(execution: string): Promise<FileProgress | undefined> {
    for await (const { mapRuns = [] } of paginateListMapRuns({ client: this.#client }, { executionArn: execution })) {
      const [latest] = mapRuns;
      if (latest?.mapRunArn === undefined) continue;
      const { itemCounts } = await this.#client.send(new DescribeMapRunCommand({ mapRunArn: latest.mapRunArn }));
      if (itemCounts === undefined) return undefined;
      const { total = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0, running = 0 } = itemCounts;
      return {
        mapRun: latest.mapRunArn.split(':').at(-1) ?? '',
        total,
        succeeded,
        failed: failed + timedOut + aborted,
        running,
      };
    }
    return undefined;
  }

  async redrive(execution: string): Promise<void> {
    await this.#client.send(new RedriveExecutionCommand({ executionArn: execution }));
  }

  close(): void {
    this.#client.destroy();
  }
}
