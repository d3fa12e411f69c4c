import { type ContentClass, guessContentClass } from '../adaptive/content-class.ts';
import { FRAME_TARGET } from '../archive/format.ts';
import type { PackItem } from './collect-objects.ts';

/** About how many frames of an archive each class of content gets. One pass: an archive may have 20,000 objects. */
export function countFrames(items: readonly PackItem[]): ReadonlyMap<ContentClass, number> {
  const bytes = new Map<ContentClass, number>();
  for (const { object } of items) {
    const content = guessContentClass(object.key);
    bytes.set(content, (bytes.get(content) ?? 0) + object.size);
  }
  return new Map(Array.from(bytes, ([content, size]) => [content, Math.ceil(size / FRAME_TARGET)]));
}
