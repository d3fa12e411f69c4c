import { MAX_KEY_BYTES } from '../../../archive/format.ts';
import { dressObject } from './dress-object.ts';
import { hardKeys } from './hard-keys.ts';
import type { DemoObject } from './planned-object.ts';
import type { FolderContent, SkippedEntry } from './walk-folder.ts';

/** One object in so many is written twice. */
const DRAFT_EVERY = 25;
/** Not the first one, so that a folder with a single file is uploaded plainly. */
const DRAFT_AT = 12;

export interface DemoPlan {
  readonly objects: readonly DemoObject[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * What to upload: an object a file, in order of the keys, and with `withHardKeys` those whose keys are the point.
 * @param prefix of the rule; every key begins with it
 */
export function planObjects(
  content: FolderContent,
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
    objects.push(objects.length % DRAFT_EVERY === DRAFT_AT ? { ...written, draft: draftOf(key) } : written);
  };
  for (const { relativePath, path, size } of content.files) add(relativePath, { kind: 'file', path, size });
  if (withHardKeys) {
    for (const { name, bytes } of hardKeys(MAX_KEY_BYTES - Buffer.byteLength(prefix)))
      add(name, { kind: 'bytes', bytes });
  }
  return { objects, skipped };
}

function draftOf(key: string): Uint8Array {
  return Buffer.from(`A draft of ${JSON.stringify(key)}, which must not be what arrives.\n`);
}
