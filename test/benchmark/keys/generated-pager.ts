import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListedObject, ObjectPage, ObjectPager, PageRequest } from '../../../src/listing/dependencies.ts';
import { firstAfter, generatedObject } from './generated-keys.ts';

const PAGE = 1000;

/** Lists generated keys without a server; each page arrives in a later turn of the event loop, as an answer would. */
export class GeneratedPager implements ObjectPager {
  readonly #keys: number;
  readonly #isLeftOut: (index: number) => boolean;

  constructor(keys: number, isLeftOut: (index: number) => boolean = () => false) {
    this.#keys = keys;
    this.#isLeftOut = isLeftOut;
  }

  async page({ startAfter = '', maxKeys = PAGE, signal }: PageRequest): Promise<ObjectPage> {
    await nextTurn(undefined, signal === undefined ? {} : { signal });
    const objects: ListedObject[] = [];
    let index = firstAfter(startAfter, this.#keys);
    for (; index < this.#keys && objects.length < maxKeys; index += 1) {
      if (!this.#isLeftOut(index)) objects.push(generatedObject(index));
    }
    return { objects, isTruncated: index < this.#keys };
  }
}
