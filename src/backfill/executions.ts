/** The progress of the data files of an inventory. */
export interface FileProgress {
  /** Id of the Map Run, which names the folder of its results. */
  readonly mapRun: string;
  readonly total: number;
  readonly succeeded: number;
  /** Including those that were stopped. */
  readonly failed: number;
  readonly running: number;
}

export interface ExecutionState {
  /** `RUNNING`, `PENDING_REDRIVE`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`. */
  readonly status: string;
  /** Reason of a failure. */
  readonly reason?: string;
}

/** Executions of the state machine of src/stacks/backfill.yaml. */
export interface BackfillExecutions {
  /** @returns ARN of the execution */
  start(stateMachine: string, name: string, input: string): Promise<string>;
  /** @returns undefined when there is none with this ARN */
  describe(execution: string): Promise<ExecutionState | undefined>;
  /** @returns undefined before the list of files is read */
  progress(execution: string): Promise<FileProgress | undefined>;
  /** Restarts the files that failed or were not started. */
  redrive(execution: string): Promise<void>;
}
