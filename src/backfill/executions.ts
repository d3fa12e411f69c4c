/** How far the data files of an inventory are. */
export interface FileProgress {
  /** Id of the run of the Map, which names the folder of its results. */
  readonly mapRun: string;
  readonly total: number;
  readonly succeeded: number;
  /** Those that were stopped are among them. */
  readonly failed: number;
  readonly running: number;
}

export interface ExecutionState {
  /** `RUNNING`, `PENDING_REDRIVE`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`. */
  readonly status: string;
  /** Of a failure. */
  readonly reason?: string;
}

/** Executions of the state machine of src/stacks/backfill.yaml. */
export interface BackfillExecutions {
  /** @returns ARN of the execution */
  start(stateMachine: string, name: string, input: string): Promise<string>;
  /** @returns undefined when there is none of this ARN */
  describe(execution: string): Promise<ExecutionState | undefined>;
  /** @returns undefined before the list of files is read */
  progress(execution: string): Promise<FileProgress | undefined>;
  /** Has files that failed, or that were not begun, worked on again. */
  redrive(execution: string): Promise<void>;
}
