import { MAX_KEY_BYTES } from '../../../units.ts';
import { dressObject } from './dress-object.ts';
import { hardKeys } from './hard-keys.ts';
import { bodySize, type DemoObject, type DraftTiming, type ObjectBody } from './planned-object.ts';
import type { FolderContent, SkippedEntry } from './walk-folder.ts';

/** Of so many objects, those at these positions are written twice. Not the first ones: a single file is uploaded plainly. */
const DRAFT_EVERY = 50;
const DRAFTS: ReadonlyMap<number, DraftTiming> = new Map([
  [2, 'late'],
  [5, 'early'],
  [12, 'racing'],
]);
/** Small, since it is held in memory to damage it. */
const MAX_WITNESS_BYTES = 1_000_000;

/** What there is to upload. */
export interface PlannedContent {
  readonly bodies: readonly { readonly relativePath: string; readonly body: ObjectBody }[];
  readonly skipped: readonly SkippedEntry[];
}

/** The content of a folder, to upload. */
export function contentOfFolder({ files, skipped }: FolderContent): PlannedContent {
  const bodies = files.map(({ relativePath, path, size }) => ({
    relativePath,
    body: { kind: 'file' as const, path, size },
  }));
  return { bodies, skipped };
}

export interface DemoPlan {
  readonly objects: readonly DemoObject[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * What to upload: an object a file, in order of the keys, and with `withHardKeys` those whose keys are the point.
 * @param prefix of the rule; every key begins with it
 */
export function planObjects(
  content: PlannedContent,
  { prefix, withHardKeys }: { readonly prefix: string; readonly withHardKeys: boolean },
): DemoPlan {
  const skipped: SkippedEntry[] = [...content.skipped];
  const objects: DemoObject[] = [];
  const add = (name: string, body: DemoObject['body']): void => {
    const key = `${prefix}${name}`;
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      skipped.push({ relativePath: name, reason: `its key would have more than ${MAX_KEY_BYTES} bytes` });
      return;
    }
    const written = { key, body, dress: dressObject(key) };
    const timing = DRAFTS.get(objects.length % DRAFT_EVERY);
    objects.push(timing === undefined ? written : { ...written, draft: { bytes: draftOf(key), timing } });
  };
  for (const { relativePath, body } of content.bodies) add(relativePath, body);
  if (withHardKeys) {
    for (const { name, bytes } of hardKeys(MAX_KEY_BYTES - Buffer.byteLength(prefix)))
      add(name, { kind: 'bytes', bytes });
  }
  return { objects: chooseWitness(objects), skipped };
}

/** The first small object that is written once, if there are others as well. */
function chooseWitness(objects: readonly DemoObject[]): DemoObject[] {
  const witness = objects.find(
    ({ draft, body }) => draft === undefined && bodySize(body) > 0 && bodySize(body) <= MAX_WITNESS_BYTES,
  );
  return objects.map((object) =>
    object === witness && objects.length > DRAFTS.size ? { ...object, isWitness: true } : object,
  );
}

function draftOf(key: string): Uint8Array {
  return Buffer.from(`A draft of ${JSON.stringify(key)}, which must not be what arrives.\n`);
}
