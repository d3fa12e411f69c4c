import { createSourceHandler } from '../../../src/wiring/source.ts';
import { createTargetHandler } from '../../../src/wiring/target.ts';
import type { PackTask, RestoreTask, SampleResult } from '../sample-contract.ts';
import { measure } from './measure.ts';
import { makeServiceEnvironment } from './service-environment.ts';
import { archiveEvents, processEvents, workloadEvents } from './sqs-events.ts';

/** Packs with the source function as it is deployed, except that it is not bundled. */
export async function runPack(
  { workload, level, outbound, batch, archiveMebibytes, memoryMegabytes, warmUp }: PackTask,
  origin: string,
): Promise<SampleResult> {
  const environment = await makeServiceEnvironment({
    origin,
    level,
    archives: outbound,
    target: 'unused',
    ...(archiveMebibytes === undefined ? {} : { archiveMebibytes }),
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
  });
  try {
    Object.assign(process.env, environment.source);
    const handler = await createSourceHandler(environment.source);
    // A single event is made before the clock starts, because Lambda provides it.
    const events = batch === undefined ? [...workloadEvents(workload)] : workloadEvents(workload, batch);
    await processEvents(handler, workloadEvents(warmUp));
    return await measure(async () => {
      await processEvents(handler, events);
      return 0;
    });
  } finally {
    await environment.remove();
  }
}

/** Restores with the target function. */
export async function runRestore(
  { archives, inbound, target, memoryMegabytes, warmUp }: RestoreTask,
  origin: string,
): Promise<SampleResult> {
  const environment = await makeServiceEnvironment({
    origin,
    level: 3,
    archives: inbound,
    target,
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
  });
  try {
    Object.assign(process.env, environment.target);
    const handler = await createTargetHandler(environment.target);
    const events = archiveEvents(archives, inbound);
    await processEvents(handler, archiveEvents(warmUp, inbound));
    return await measure(async () => {
      await processEvents(handler, events);
      return 0;
    });
  } finally {
    await environment.remove();
  }
}
