import type { SampleOrder, SampleResult } from './sample-contract.ts';
import { runSolidStream, runUnpackCommand, runZstdCommand } from './samples/run-floors.ts';
import { runPack, runRestore } from './samples/run-services.ts';
import { runTransport } from './samples/run-transport.ts';

/** Entry point of a sample's process: runs one task, sends the result over the IPC channel, and ends. */
process.once('message', (order: SampleOrder) => {
  void runTask(order).then((result) => {
    process.send?.(result, () => process.exit());
  });
});
process.once('disconnect', () => process.exit());

function runTask({ task, origin }: SampleOrder): Promise<SampleResult> {
  switch (task.kind) {
    case 'pack':
      return runPack(task, origin);
    case 'restore':
      return runRestore(task, origin);
    case 'solid-stream':
      return runSolidStream(task, origin);
    case 'zstd-command':
      return runZstdCommand(task, origin);
    case 'unpack-command':
      return runUnpackCommand(task, origin);
    case 'transport':
      return runTransport(task, origin);
  }
}
