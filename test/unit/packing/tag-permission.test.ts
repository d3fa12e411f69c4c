import { expect, test } from '@jest/globals';
import { TagPermission } from '../../../src/packing/tag-permission.ts';
import { AccessDeniedError, UnavailableStorageError } from '../../../src/storage/errors.ts';
import { readArchive } from '../../support/archives.ts';
import { FailingObjectStore, type FailingOptions } from '../../support/failing-object-store.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const TAGS = [{ key: 'team', value: 'storage' }];

/** A source whose storage reports no tag count, like S3 for callers without permission to read tags. */
class UncountedSource {
  readonly #memory = new SourceServiceHarness().memory;
  readonly store: FailingObjectStore;
  readonly service: SourceServiceHarness;

  constructor(failing: readonly number[] = [], options: FailingOptions = {}) {
    this.store = new (class extends FailingObjectStore {
      override async read(...args: Parameters<FailingObjectStore['read']>) {
        return { ...(await super.read(...args)), tagCount: 0 };
      }
    })(this.#memory, { readTags: failing }, options);
    this.service = new SourceServiceHarness({ store: this.store });
  }

  async place(key: string, tags = TAGS) {
    const message = await this.service.place(key, key, { tags });
    await this.#memory.place({ bucket: 'source-bucket', key }, Buffer.from(key), { tags });
    return message;
  }

  tags(): Record<string, unknown> {
    const [key = ''] = this.#memory.keys('outbound-bucket');
    const found = this.#memory.look({ bucket: 'outbound-bucket', key });
    return Object.fromEntries(
      readArchive(found?.body ?? Buffer.alloc(0)).map(({ object }) => [object.key, object.tags]),
    );
  }
}

const denied = { error: () => new AccessDeniedError('not allowed') };

test('an object is retried with TAGS_INCOMPLETE, never packed untagged, if the role may not read tags', async () => {
  const source = new UncountedSource([1, 2, 3], denied);
  const messages = [await source.place('a'), await source.place('b'), await source.place('c')];

  expect(await source.service.process(...messages)).toHaveLength(3);
  expect(source.service.telemetry.failures.map(([, code]) => code)).toEqual(Array(3).fill('TAGS_INCOMPLETE'));
  expect(source.service.telemetry.archives).toEqual([]);
});

test('the permission is not checked again once S3 has counted the tags of an object', async () => {
  const access = new TagPermission();
  access.noteCount('source-bucket');
  let reads = 0;
  const read = () => {
    reads += 1;
    return Promise.resolve({ tags: TAGS });
  };
  expect(await access.readUncounted('source-bucket', read)).toEqual({ tags: [] });
  expect([await access.readUncounted('another-bucket', read), reads]).toEqual([{ tags: TAGS }, 1]);

  const { memory } = new SourceServiceHarness();
  const store = new FailingObjectStore(memory);
  const service = new SourceServiceHarness({ store, limits: { parallelReads: 1, resumableBytes: 2 ** 30 } });
  const place = async (key: string, tags: typeof TAGS) => {
    await memory.place({ bucket: 'source-bucket', key }, Buffer.from(key), { tags });
    return service.place(key, key, { tags });
  };
  await service.process(await place('tagged', TAGS));
  await service.process(await place('bare', []));
  expect(store.counts.readTags).toBe(1);
});

test('callers that wait for a check that fails get the same failure, without another request', async () => {
  const access = new TagPermission();
  let reads = 0;
  const read = () => {
    reads += 1;
    return Promise.reject(new AccessDeniedError('not allowed'));
  };
  const answers = await Promise.allSettled([1, 2, 3].map(() => access.readUncounted('b', read)));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(reads).toBe(1);
});

test('the permission is checked once for a hundred objects that are read at the same time', async () => {
  const source = new UncountedSource();
  const messages = await Promise.all(Array.from({ length: 100 }, (_, index) => source.place(`k${index}`, [])));

  expect(await source.service.process(...messages)).toEqual([]);
  expect(source.store.counts.readTags).toBe(1);
});

test('an object whose tags are not counted is packed with its tags', async () => {
  const source = new UncountedSource();

  expect(await source.service.process(await source.place('a'), await source.place('b'))).toEqual([]);
  expect(source.tags()).toEqual({ a: [{ team: 'storage' }], b: [{ team: 'storage' }] });
});

test('a check that got no response proves nothing, and the next object checks again', async () => {
  const source = new UncountedSource([1], { error: () => new UnavailableStorageError('no response') });
  const messages = [await source.place('a', []), await source.place('b', [])];

  expect(await source.service.process(...messages)).toHaveLength(1);
  expect(source.service.telemetry.failures.map(([, code]) => code)).toEqual(['STORAGE_UNAVAILABLE']);
  expect(source.store.counts.readTags).toBe(2);
});

test.each([
  ['another version leave the object to its later event', 'v2', []],
  ['the version that was read are packed', 'v1', ['a']],
  ['an unnamed version are packed', undefined, ['a']],
])('tags of %s', async (_, tagVersion, packed) => {
  const { memory } = new SourceServiceHarness();
  const store = new (class extends FailingObjectStore {
    override async read(...args: Parameters<FailingObjectStore['read']>) {
      return { ...(await super.read(...args)), versionId: 'v1' };
    }
    override async readTags(...args: Parameters<FailingObjectStore['readTags']>) {
      return { ...(await super.readTags(...args)), ...(tagVersion !== undefined && { versionId: tagVersion }) };
    }
  })(memory);
  const service = new SourceServiceHarness({ store });
  const message = await service.place('a', 'a', { tags: TAGS });
  await memory.place({ bucket: 'source-bucket', key: 'a' }, Buffer.from('a'), { tags: TAGS });

  expect(await service.process(message)).toEqual([]);
  expect(service.telemetry.archives.map(({ objects }) => objects)).toEqual(packed.map(() => 1));
});
