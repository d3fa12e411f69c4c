import type { DamagedCopy } from './archives/inbound-bucket.ts';
import { DemoInputError } from './errors.ts';
import type { DemoObject, DraftTiming } from './input/planned-object.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Progress } from './progress.ts';
import { chooseRepeated, repeatEvents } from './upload/repeat-events.ts';
import type { UploadedVersion } from './upload/uploaded-object.ts';
import { Uploader, type UploadRecord } from './upload/uploader.ts';

const REFRESH_MILLISECONDS = 100;

export interface Replication {
  readonly record: UploadRecord;
  /** Versions whose events were sent a second time. */
  readonly repeated: readonly UploadedVersion[];
  /** What arrived damaged on purpose. */
  readonly damaged: readonly DamagedCopy[];
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
  const packing = progress.stage('packed', uploads);
  const copying = progress.stage('replicated', 0);
  const restoring = progress.stage('restored', uploads * pipeline.destinations.length);
  const regions = new Set(pipeline.destinations.map(({ destination }) => destination.region)).size;
  let uploaded = 0;
  const uploader = new Uploader(pipeline.source, () => {
    uploaded += 1;
    uploading.reach(uploaded);
  });
  const refresh = setInterval(() => {
    packing.reach(pipeline.log.packed);
    copying.reach(pipeline.replicated(), pipeline.log.archives * regions);
    restoring.reach(pipeline.log.restored);
  }, REFRESH_MILLISECONDS);
  try {
    const cast = castObjects(objects);
    const begun = performance.now();
    await sendAhead(pipeline, uploader, cast);
    await uploadMost(uploader, cast);
    uploading.finish(uploaded);
    const { record } = uploader;
    if (record.objects.length === 0) {
      throw new DemoInputError(`Nothing to replicate: ${record.skipped[0]?.reason ?? 'everything was skipped'}`);
    }
    await pipeline.packed();
    const repeated = chooseRepeated(record);
    await repeatEvents(
      pipeline.source,
      repeated.map((version) => pipeline.events.bodyOf(version)),
    );
    await pipeline.packed();
    packing.finish(pipeline.log.packed);
    await pipeline.copied();
    await pipeline.restored();
    const damaged = await sendBelated(pipeline);
    const seconds = (performance.now() - begun) / 1000;
    copying.finish(pipeline.replicated());
    restoring.finish(pipeline.log.restored);
    return { record, repeated, damaged, seconds };
  } finally {
    clearInterval(refresh);
  }
}

/** Objects by the part that they have in the run. */
type Cast = Readonly<Record<DraftTiming | 'witness' | 'plain', readonly DemoObject[]>>;

function castObjects(objects: readonly DemoObject[]): Cast {
  const withDraft = (timing: DraftTiming): DemoObject[] => objects.filter(({ draft }) => draft?.timing === timing);
  return {
    early: withDraft('early'),
    late: withDraft('late'),
    racing: withDraft('racing'),
    witness: objects.filter(({ isWitness }) => isWitness === true),
    plain: objects.filter(({ draft, isWitness }) => draft === undefined && isWitness !== true),
  };
}

/** Early drafts go all the way; the archives of late ones and of the witness are held between the regions. */
async function sendAhead(pipeline: Pipeline, uploader: Uploader, { early, late, witness }: Cast): Promise<void> {
  if (early.length > 0) {
    await uploader.draft(early);
    await pipeline.packed();
  }
  if (late.length + witness.length > 0) {
    await pipeline.holdCopies();
    await Promise.all([uploader.draft(late), uploader.write(witness)]);
    await pipeline.packed();
    await pipeline.letCopiesPass();
  }
  if (early.length > 0) {
    await pipeline.copied();
    await pipeline.restored();
  }
}

async function uploadMost(uploader: Uploader, { plain, racing, early, late }: Cast): Promise<void> {
  await Promise.all([uploader.draft(racing), uploader.write(plain)]);
  await uploader.write([...racing, ...early, ...late]);
}

/** What was held arrives: damaged first, then as it is. */
async function sendBelated(pipeline: Pipeline): Promise<readonly DamagedCopy[]> {
  pipeline.log.isFailureExpected = true;
  const damaged = await pipeline.sendDamaged();
  await pipeline.restored();
  pipeline.log.isFailureExpected = false;
  if (damaged.length === 0) return damaged;
  pipeline.releaseCopies();
  await pipeline.copied();
  await pipeline.restored();
  return damaged;
}
