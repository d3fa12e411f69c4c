import { DemoInputError } from './errors.ts';
import type { DemoObject } from './input/planned-object.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Progress, ProgressBar } from './progress.ts';
import { repeatEvents } from './upload/repeat-events.ts';
import { type UploadRecord, uploadObjects } from './upload/upload-objects.ts';

const REFRESH_MILLISECONDS = 100;

export interface Replication {
  readonly record: UploadRecord;
  readonly repeatedEvents: number;
  /** From the first upload until the pipeline had nothing left to do. */
  readonly seconds: number;
}

/** Uploads the objects and waits until the pipeline has done everything with them, a bar for each stage. */
export async function replicate(
  pipeline: Pipeline,
  objects: readonly DemoObject[],
  progress: Progress,
): Promise<Replication> {
  const uploads = objects.length + objects.filter(({ draft }) => draft !== undefined).length;
  const uploading = progress.stage('uploaded', uploads);
  const packing = progress.stage('packed', objects.length);
  const copying = progress.stage('replicated', 0);
  const restoring = progress.stage('restored', objects.length * pipeline.destinations.length);
  const regions = new Set(pipeline.destinations.map(({ destination }) => destination.region)).size;
  const refresh = setInterval(() => {
    packing.reach(pipeline.log.packed);
    copying.reach(pipeline.replicated(), pipeline.log.archives * regions);
    restoring.reach(pipeline.log.restored);
  }, REFRESH_MILLISECONDS);
  try {
    const begun = performance.now();
    const record = await upload(pipeline, objects, uploading);
    if (record.objects.length === 0)
      throw new DemoInputError('Nothing to replicate: every file changed while it was uploaded');
    const repeatedEvents = await repeatEvents(pipeline.source, record);
    await pipeline.packed();
    packing.finish(pipeline.log.packed);
    await pipeline.copied();
    copying.finish(pipeline.replicated());
    await pipeline.restored();
    restoring.finish(pipeline.log.restored);
    return { record, repeatedEvents, seconds: (performance.now() - begun) / 1000 };
  } finally {
    clearInterval(refresh);
  }
}

async function upload({ source }: Pipeline, objects: readonly DemoObject[], stage: ProgressBar): Promise<UploadRecord> {
  let uploaded = 0;
  const record = await uploadObjects(source, objects, () => {
    uploaded += 1;
    stage.reach(uploaded);
  });
  stage.finish(uploaded);
  return record;
}
