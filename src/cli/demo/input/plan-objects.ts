import { countLargeFrames } from '../../../archive/plan-frames.ts';
import { MAX_KEY_BYTES } from '../../../units.ts';
import { edgeCaseKeys } from './edge-case-keys.ts';
import { makeLargeObject } from './large-object.ts';
import { makeCrowdedAttributes } from './make-object-attributes.ts';
import { bodySize, type DemoObject, type DraftTiming, type ObjectBody, type Removal } from './planned-object.ts';
import type { FolderContent, SkippedEntry } from './walk-folder.ts';

/**
 * In each group of this many objects, those at these positions are written twice. Not the first ones: a single file is
 * uploaded in the ordinary way.
 */
const DRAFT_EVERY = 50;
const DRAFTS: ReadonlyMap<number, DraftTiming> = new Map([
  [2, 'late'],
  [5, 'early'],
  [12, 'racing'],
  [15, 'deleted'],
]);
/**
 * In each group, one that is deleted and undeleted, and those next to which another object is written and permanently
 * deleted.
 */
const UNDELETED = 8;
const DELETED: ReadonlyMap<number, Removal> = new Map([
  [9, 'restored'],
  [10, 'traveling'],
]);
/** A single file is uploaded in the ordinary way, and so are two or three. */
const MIN_WITH_WITNESS = 3;
/** Max bytes of an object that is written twice. */
const MAX_SMALL_BYTES = 1_000_000;
/** Max bytes of an object that is held in memory to be damaged. */
const MAX_WITNESS_BYTES = 64_000_000;

/** The objects to upload. */
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
 * Plans the uploads: one object per file, in order of the keys, and with `hasEdgeCaseKeys` those with difficult
 * keys and one of several frames.
 * @param prefix of the rule; every key begins with it
 */
export function planObjects(
  content: PlannedContent,
  { prefix, hasEdgeCaseKeys }: { readonly prefix: string; readonly hasEdgeCaseKeys: boolean },
): DemoPlan {
  const skipped: SkippedEntry[] = [...content.skipped];
  const objects: DemoObject[] = [];
  const add = (name: string, body: DemoObject['body']): void => {
    const key = `${prefix}${name}`;
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      skipped.push({ relativePath: name, reason: `its key would have more than ${MAX_KEY_BYTES} bytes` });
      return;
    }
    objects.push(castObject({ key, body, attributes: makeCrowdedAttributes(key) }, objects.length % DRAFT_EVERY));
  };
  for (const { relativePath, body } of content.bodies) add(relativePath, body);
  if (hasEdgeCaseKeys) {
    for (const { name, bytes } of edgeCaseKeys(MAX_KEY_BYTES - Buffer.byteLength(prefix)))
      add(name, { kind: 'bytes', bytes });
    const { name, bytes } = makeLargeObject();
    const key = `${prefix}${name}`;
    // Whatever its position, it serves as a witness.
    objects.push({ key, body: { kind: 'bytes', bytes }, attributes: makeCrowdedAttributes(key) });
  }
  return { objects: [...chooseWitnesses(objects), ...objectsToDelete(objects)], skipped };
}

function castObject(object: DemoObject, position: number): DemoObject {
  const timing = DRAFTS.get(position);
  if (timing !== undefined) return { ...object, draft: { bytes: draftOf(object.key), timing } };
  return position === UNDELETED && bodySize(object.body) <= MAX_SMALL_BYTES ? { ...object, removal: 'undone' } : object;
}

/** The demo's own objects, since those of the user must exist in the end. */
function objectsToDelete(objects: readonly DemoObject[]): DemoObject[] {
  const taken = new Set(objects.map(({ key }) => key));
  return objects.flatMap(({ key: neighbor }, index) => {
    const removal = DELETED.get(index % DRAFT_EVERY);
    const key = `${neighbor}.deleted`;
    if (removal === undefined || taken.has(key) || Buffer.byteLength(key) > MAX_KEY_BYTES) return [];
    const bytes = Buffer.from(`${JSON.stringify(key)}, which is deleted at the source.\n`);
    return [{ key, body: { kind: 'bytes', bytes }, attributes: makeCrowdedAttributes(key), removal }];
  });
}

/**
 * Of the objects that are written once: the first small one, and the first one of several frames, whose checksum is
 * verified in a different place; only if there are other objects.
 */
function chooseWitnesses(objects: readonly DemoObject[]): DemoObject[] {
  if (objects.length <= MIN_WITH_WITNESS) return [...objects];
  const once = objects.filter(({ draft, removal }) => draft === undefined && removal === undefined);
  const small = once.find(({ body }) => bodySize(body) > 0 && bodySize(body) <= MAX_SMALL_BYTES);
  const large = once.find(({ body }) => countLargeFrames(bodySize(body)) > 1 && bodySize(body) <= MAX_WITNESS_BYTES);
  return objects.map((object) => (object === small || object === large ? { ...object, isWitness: true } : object));
}

function draftOf(key: string): Uint8Array {
  return Buffer.from(`A draft of ${JSON.stringify(key)}, which must not be what arrives.\n`);
}
