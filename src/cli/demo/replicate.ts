import type { DamagedCopy } from './archives/inbound-bucket.ts';
import { DemoInputError } from './errors.ts';
import type { DemoObject, DraftTiming, Removal } from './input/planned-object.ts';
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
  /** Events of removals that were sent a second time. */
  readonly repeatedRemovals: number;
  /** Archives that were damaged on purpose. */
  readonly damaged: readonly DamagedCopy[];
  /** From the first upload until the pipeline had nothing left to do. */
  readonly seconds: number;
}

/** Uploads the objects and waits until the pipeline has finished with them, with a bar for each stage. */
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
    const { removals } = pipeline.events;
    await repeatEvents(pipeline.source, [...repeated.map((version) => pipeline.events.bodyOf(version)), ...removals]);
    await pipeline.packed();
    packing.finish(pipeline.log.packed, explainPacked(pipeline, uploaded));
    await pipeline.copied();
    await pipeline.restored();
    const damaged = await sendBelated(pipeline, new Set(record.removals.traveling.map(({ key }) => key)));
    const seconds = (performance.now() - begun) / 1000;
    copying.finish(pipeline.replicated());
    restoring.finish(pipeline.log.restored);
    return { record, repeated, repeatedRemovals: removals.length, damaged, seconds };
  } finally {
    clearInterval(refresh);
  }
}

/** A number above that of the uploads would look wrong to readers who do not know why. */
function explainPacked({ log, faults }: Pipeline, uploaded: number): string | undefined {
  if (log.packed <= uploaded) return undefined;
  return `more than uploaded: some events come twice, or after an undelete${faults().rate > 0 ? ', and failures are retried' : ''}`;
}

/** Objects by their role in the run. */
type Cast = Readonly<Record<DraftTiming | Removal | 'witness' | 'plain', readonly DemoObject[]>>;

function castObjects(objects: readonly DemoObject[]): Cast {
  const withDraft = (timing: DraftTiming): DemoObject[] => objects.filter(({ draft }) => draft?.timing === timing);
  const withRemoval = (how: Removal): DemoObject[] => objects.filter(({ removal }) => removal === how);
  return {
    early: withDraft('early'),
    late: withDraft('late'),
    racing: withDraft('racing'),
    deleted: withDraft('deleted'),
    restored: withRemoval('restored'),
    traveling: withRemoval('traveling'),
    undone: withRemoval('undone'),
    witness: objects.filter(({ isWitness }) => isWitness === true),
    plain: objects.filter(isPlain),
  };
}

/** Whether an object is uploaded once and then left alone. */
export function isPlain({ draft, removal, isWitness }: DemoObject): boolean {
  return draft === undefined && removal === undefined && isWitness !== true;
}

/**
 * Early drafts are replicated completely, and so are objects that are deleted after their arrival. The archives of late
 * drafts, of the witness, and of objects that are deleted in transit are held between the regions.
 */
async function sendAhead(pipeline: Pipeline, uploader: Uploader, cast: Cast): Promise<void> {
  const { early, deleted, restored, undone, late, traveling, witness } = cast;
  const isAhead = early.length + deleted.length + restored.length + undone.length > 0;
  if (isAhead) {
    await Promise.all([uploader.draft([...early, ...deleted]), uploader.write([...restored, ...undone])]);
    await pipeline.packed();
  }
  if (late.length + traveling.length + witness.length > 0) {
    await pipeline.holdCopies();
    await Promise.all([uploader.draft(late), uploader.write([...traveling, ...witness])]);
    await pipeline.packed();
    await pipeline.letCopiesPass();
  }
  if (isAhead) await arrived(pipeline);
  const removed = [...deleted, ...restored, ...traveling, ...undone];
  if (removed.length === 0) return;
  await uploader.remove(removed);
  await pipeline.packed();
  await arrived(pipeline);
}

async function uploadMost(uploader: Uploader, { plain, racing, early, late, deleted }: Cast): Promise<void> {
  await Promise.all([uploader.draft(racing), uploader.write(plain), uploader.undoRemovals()]);
  await uploader.write([...racing, ...early, ...late, ...deleted]);
}

async function arrived(pipeline: Pipeline): Promise<void> {
  await pipeline.copied();
  await pipeline.restored();
}

/**
 * Releases the held archives: first damaged copies, then the archives themselves.
 * @param deleted keys that were deleted in the meantime
 */
async function sendBelated(pipeline: Pipeline, deleted: ReadonlySet<string>): Promise<readonly DamagedCopy[]> {
  pipeline.log.isFailureExpected = true;
  const damaged = await pipeline.sendDamaged(deleted);
  await pipeline.restored();
  pipeline.log.isFailureExpected = false;
  pipeline.releaseCopies();
  await arrived(pipeline);
  return damaged;
}
