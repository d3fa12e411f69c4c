import { expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { PartLayout } from '../../../src/archive/plan-parts.ts';
import {
  abortMarkedUploads,
  createMarkedUpload,
  findMarkedUpload,
  type UploadPlan,
} from '../../../src/restoring/resume-upload.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt } from '../../support/archives.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const PART = 5 * MIB;
const PLAN: UploadPlan = {
  target: { bucket: 'target', key: 'large', headers: {}, metadata: { s3xrc: '1' }, tags: [] },
  layout: new PartLayout(3 * PART, PART),
  crc32: 7,
};
const signal = new AbortController().signal;
const bytes = Buffer.alloc(PART, 'x');

/** Uploads of this plan, with the given numbers of parts. */
async function interrupted(...parts: number[]) {
  const store = new MemoryObjectStore();
  const ids: string[] = [];
  for (const count of parts) {
    const upload = await createMarkedUpload(store, PLAN, signal);
    for (let part = 1; part <= count; part += 1) await upload.uploadPart(part, bytes, crc32(bytes));
    ids.push(upload.id);
  }
  return { store, ids };
}

test.each([
  [[1, 3, 2], 1],
  [[3, 0], 0],
])('the interrupted upload with the most parts is resumed: %j', async (parts, best) => {
  const { store, ids } = await interrupted(...parts);
  expect((await findMarkedUpload(store, PLAN, signal))?.id).toBe(itemAt(ids, best));
});

test.each<[string, Partial<UploadPlan>]>([
  ['of another write', { target: { ...PLAN.target, metadata: { s3xrc: '2' } } }],
  ['of other bytes', { crc32: 8 }],
  ['with other parts', { layout: new PartLayout(3 * PART + 1, PART) }],
])('an upload %s is neither resumed nor aborted', async (_, other) => {
  const { store, ids } = await interrupted(1);
  expect(await findMarkedUpload(store, { ...PLAN, ...other }, signal)).toBeUndefined();
  await abortMarkedUploads(store, { ...PLAN, ...other }, signal);
  expect(await store.listUploads(PLAN.target)).toEqual(ids);
});

test.each([
  ['too many parts', 4, bytes],
  ['a part of another size', 1, Buffer.alloc(PART - 1)],
])('an upload with the marker of the plan but %s is not resumed', async (_, part, body) => {
  const { store, ids } = await interrupted(0);
  await (await store.resumeUpload(PLAN.target, itemAt(ids, 0))).uploadPart(part, body, crc32(body));
  expect(await findMarkedUpload(store, PLAN, signal)).toBeUndefined();
});

test('an upload that ends while it is being examined is ignored', async () => {
  const { store } = await interrupted(1, 2);
  const [first = '', second = ''] = await store.listUploads(PLAN.target);
  const resume = store.resumeUpload.bind(store);
  store.resumeUpload = async (location, id, stop) => {
    if (id === second) await (await resume(location, id)).abort();
    return resume(location, id, stop);
  };
  expect((await findMarkedUpload(store, PLAN, signal))?.id).toBe(first);
});
