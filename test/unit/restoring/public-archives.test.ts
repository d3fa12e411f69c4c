import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pack } from 'tar-stream';
import { MAX_MANIFEST_SIZE } from '../../../src/archive/format.ts';
import { findStamp } from '../../../src/storage/provenance.ts';
import { MIB } from '../../../src/units.ts';
import { compressFrame } from '../../support/archives.ts';
import { FailingObjectStore, type StoreCall } from '../../support/failing-object-store.ts';
import { areIdle } from '../../support/idle-buffers.ts';
import { manifestMember, packTar, publicArchive, publicEntry } from '../../support/public-archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { INBOUND, RULE, TARGET, TargetRegion } from '../../support/target-region.ts';

const KEY = 'source-bucket/data/0123456789abcdef0123456789abcdef.tar.zst';
const member = (name: string, text: string) => ({ name, body: Buffer.from(text) });
const two = [
  [member('objects/data/a.txt', 'first'), member('objects/data/b.txt', 'second')],
  [publicEntry('data/a.txt', 5, { tags: [{ team: 'x' }] }), publicEntry('data/b.txt', 6)],
] as const;

async function refusal(region: TargetRegion, archive: Uint8Array): Promise<string | undefined> {
  await region.process(await region.arrive(archive, KEY));
  return region.queue.letters.at(-1)?.reason.code;
}

describe('archives of the public implementation', () => {
  test('are restored by the rules of this region, with tags, storage class and a stamp, and then deleted', async () => {
    const region = new TargetRegion({ rules: [exampleRule({}, [{ storageClass: 'STANDARD_IA' }])] });

    const response = await region.process(await region.arrive(await publicArchive(...two), KEY));

    expect(region.telemetry.failures).toEqual([]);
    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('data/a.txt')).toBe('first');
    expect(region.text('data/b.txt')).toBe('second');
    expect(region.store.keys('victim')).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([]);
    const restored = region.store.look({ bucket: TARGET, key: 'data/a.txt' });
    expect(restored?.tags).toEqual([{ key: 'team', value: 'x' }]);
    expect(restored?.description.storageClass).toBe('STANDARD_IA');
    expect(
      findStamp({ metadata: restored?.description.metadata ?? {} }, { bucket: TARGET, key: 'data/a.txt' })?.stamp,
    ).toMatchObject({
      eventTime: Date.UTC(2023, 10, 14, 22, 13, 20),
      etag: 'd41d8cd9',
    });
    expect(region.telemetry.archives).toMatchObject([{ rule: RULE.id, objects: 2, restored: 2, bytes: 11 }]);
    expect(region.calls.counts.head).toBe(0);
  });

  test('are readable with the manifest first, several frames, and skippable frames between them', async () => {
    const region = new TargetRegion();
    const [members, entries] = two;
    const tar = await packTar([manifestMember(entries), ...members]);
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const frames = [
      skippable,
      compressFrame(tar.subarray(0, 700)),
      skippable,
      compressFrame(tar.subarray(700)),
      skippable,
    ];

    await region.process(await region.arrive(Buffer.concat(frames), KEY));

    expect(region.text('data/a.txt')).toBe('first');
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('may hold several members of the same name, matched to the entries in order', async () => {
    const region = new TargetRegion();
    const members = [member('objects/q', 'one'), member('objects/q', 'two two')];
    const entries = [
      publicEntry('w/q', 3, { relative_key: 'q' }),
      publicEntry('w//q', 7, { relative_key: 'q', source_prefix: 'w/', object_name: 'q' }),
    ];

    await region.process(await region.arrive(await publicArchive(members, entries), KEY));

    expect([region.text('w/q'), region.text('w//q')]).toEqual(['one', 'two two']);
  });

  test('restore folder markers, a leading slash, and an object named manifest.json', async () => {
    const region = new TargetRegion();
    const members = [
      member('objects/dir/', ''),
      member('objects//x', 'slash'),
      member('objects/manifest.json', 'mine'),
    ];
    const entries = [publicEntry('dir/', 0), publicEntry('/x', 5), publicEntry('manifest.json', 4)];

    await region.process(await region.arrive(await publicArchive(members, entries), KEY));

    expect(region.telemetry.failures).toEqual([]);
    expect(region.store.keys(TARGET)).toEqual(['/x', 'dir/', 'manifest.json']);
    expect(region.text('manifest.json')).toBe('mine');
  });

  test('restore an object named manifest.json even if the manifest comes before it', async () => {
    const region = new TargetRegion();
    const entries = [publicEntry('manifest.json', 4)];
    const tar = await packTar([manifestMember(entries), member('objects/manifest.json', 'mine')]);
    await region.process(await region.arrive(compressFrame(tar), KEY));
    expect(region.telemetry.failures).toEqual([]);
    expect(region.text('manifest.json')).toBe('mine');
  });

  test('do not restore a link as an object, even if its manifest entry has no bytes', async () => {
    const region = new TargetRegion();
    const tar = pack();
    tar.entry({ name: 'objects/a', type: 'symlink', linkname: '/etc/passwd' });
    tar.entry({ name: 'manifest.json' }, Buffer.from(manifestMember([publicEntry('a', 0)]).body));
    tar.finalize();
    await region.process(await region.arrive(compressFrame(await buffer(tar)), KEY));
    expect(region.store.keys(TARGET)).toEqual([]);
    expect(region.telemetry.failedObjects).toEqual([['a', 'MANIFEST_MISMATCH']]);
  });

  test('are read to their end even if that is the end of a ranged read', async () => {
    const region = new TargetRegion();
    const archive = await publicArchive(...two);
    // Padded with a skippable frame (RFC 8878, 3.1.2).
    const skipped = Buffer.alloc(8 * MIB - archive.length);
    skipped.writeUInt32LE(0x184d2a50, 0);
    skipped.writeUInt32LE(skipped.length - 8, 4);
    await region.process(await region.arrive(Buffer.concat([archive, skipped]), KEY));
    expect(region.telemetry.failures).toEqual([]);
    expect(region.store.keys(TARGET)).toEqual(['data/a.txt', 'data/b.txt']);
  });

  test('are kept until all of their objects are written, however long that takes', async () => {
    const hold = async (call: StoreCall): Promise<void> => {
      for (let turn = 0; call === 'put' && turn < 5; turn += 1) await nextTurn();
    };
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, {}, { hold }) });
    const response = await region.process(await region.arrive(await publicArchive(...two), KEY));
    expect([response.batchItemFailures, region.telemetry.failures]).toEqual([[], []]);
    expect(region.telemetry.archives).toMatchObject([{ restored: 2 }]);
  });

  test('are refused without reading on if their manifest exceeds the maximum size', async () => {
    const region = new TargetRegion();
    const tar = pack();
    tar.entry({ name: 'manifest.json', size: MAX_MANIFEST_SIZE + 1 });
    const [header] = (await Promise.race([once(tar, 'data'), nextTurn([])])) as [Buffer?];
    const archive = compressFrame(Buffer.concat([header ?? Buffer.alloc(0), randomBytes(MIB)]));
    expect(await refusal(region, archive)).toBe('ARCHIVE_TOO_LARGE');
    expect(await areIdle(region.buffers.compressed)).toBe(true);
  });

  test('need only source bucket, name and size in an entry', async () => {
    const region = new TargetRegion();
    const entries = [{ source_bucket: 'source-bucket', source_prefix: '', object_name: 'k', size: 1 }];

    await region.process(await region.arrive(await publicArchive([member('k', 'x')], entries), KEY));

    expect(region.text('k')).toBe('x');
  });

  test('restore members larger than a part as multipart uploads', async () => {
    const region = new TargetRegion();
    const body = Buffer.alloc(17 * MIB, 'large object ');
    const members = [member('objects/small', 's'), { name: 'objects/large', body }, member('objects/last', 'l')];
    const entries = [publicEntry('small', 1), publicEntry('large', body.length), publicEntry('last', 1)];

    const response = await region.process(await region.arrive(await publicArchive(members, entries), KEY));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.look({ bucket: TARGET, key: 'large' })?.body.equals(body)).toBe(true);
    expect(region.calls.counts).toMatchObject({ createUpload: 1, uploadPart: 3, complete: 1, put: 2 });
    expect(region.text('last')).toBe('l');
  });

  test('may have contiguous files, and folders, which are not objects', async () => {
    const region = new TargetRegion();
    const tar = pack();
    tar.entry({ name: 'objects/dir', type: 'directory' });
    tar.entry({ name: 'objects/a', type: 'contiguous-file' }, 'one');
    tar.entry({ name: 'manifest.json' }, Buffer.from(manifestMember([publicEntry('a', 3)]).body));
    tar.finalize();
    await region.process(await region.arrive(compressFrame(await buffer(tar)), KEY));
    expect([region.store.keys(TARGET), region.text('a')]).toEqual([['a'], 'one']);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('leave no part of a large member behind if a read fails, and are restored in the next attempt', async () => {
    const body = randomBytes(17 * MIB);
    const members = [{ name: 'objects/large', body }];
    const archive = await publicArchive(members, [publicEntry('large', body.length)]);
    const sound = new TargetRegion();
    await sound.process(await sound.arrive(archive, KEY));
    const reads = sound.calls.counts.read;
    expect(sound.calls.counts.createUpload).toBe(1);

    const region = new TargetRegion();
    const message = await region.arrive(archive, KEY);
    const store = new FailingObjectStore(region.store, { read: [reads] });
    region.dependencies = { ...region.dependencies, store };
    expect((await region.process(message)).batchItemFailures).toHaveLength(1);
    expect([store.counts.createUpload, region.store.uploadKeys(TARGET)]).toEqual([1, []]);
    expect((await region.process({ ...message, receiveCount: 2 })).batchItemFailures).toEqual([]);
    expect(region.store.look({ bucket: TARGET, key: 'large' })?.body.equals(body)).toBe(true);
  });

  test('ignore members that the manifest does not name', async () => {
    const region = new TargetRegion();
    const [members, entries] = two;

    await region.process(await region.arrive(await publicArchive([member('extra', 'e'), ...members], entries), KEY));

    expect(region.store.keys(TARGET)).toEqual(['data/a.txt', 'data/b.txt']);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test.each([
    ['without a member', publicEntry('data/missing.txt', 3)],
    ['of a different size than its member', publicEntry('data/b.txt', 7)],
  ])('are kept if an entry is %s, and the others are restored', async (_, entry) => {
    const region = new TargetRegion();
    const [members, [first]] = two;

    expect(await refusal(region, await publicArchive(members, [first, entry]))).toBe('ARCHIVE_NOT_RESTORED');
    expect(region.text('data/a.txt')).toBe('first');
    expect(region.telemetry.failedObjects.map(([, code]) => code)).toEqual(['MANIFEST_MISMATCH']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('are refused before anything is written if they name an object of no rule here', async () => {
    const region = new TargetRegion();
    const [members, [first]] = two;
    const foreign = publicEntry('data/b.txt', 6, { source_bucket: 'foreign' });

    expect(await refusal(region, await publicArchive(members, [first, foreign]))).toBe('RULE_UNKNOWN');
    expect(region.queue.letters[0]?.reason.context).toMatchObject({ bucket: 'foreign', key: 'data/b.txt' });
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('with path traversal in member names write only to the key of the entry, if a rule covers it', async () => {
    const region = new TargetRegion({ rules: [exampleRule({ prefix: 'data/' })] });
    const members = [member('objects/../../../../tmp/f', 'evil')];
    const entries = [publicEntry('../../../../tmp/f', 4)];

    expect(await refusal(region, await publicArchive(members, entries))).toBe('RULE_UNKNOWN');
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('are refused with a known code if they are cut off, followed by garbage, or not archives at all', async () => {
    const whole = await publicArchive(...two);
    const tar = await packTar(two[0]);
    const damaged = [
      whole.subarray(0, 5),
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, Buffer.from('garbage')]),
      Buffer.from('this is plain text'),
      compressFrame(Buffer.alloc(2000, 'x')),
      compressFrame(tar),
      compressFrame(tar.subarray(0, 800)),
      compressFrame(await packTar([member('manifest.json', 'not JSON')])),
    ];
    for (const bytes of damaged) {
      const region = new TargetRegion();

      expect(await refusal(region, bytes)).toMatch(/^(ARCHIVE_CORRUPT|MANIFEST_INVALID)$/);
      expect(region.store.keys(TARGET)).toEqual([]);
      expect(region.store.keys(INBOUND)).toEqual([KEY]);
    }
  });

  test('are stopped at the limit if they decompress to more than an invocation can take', async () => {
    const region = new TargetRegion();
    const { limits } = region.dependencies;
    region.dependencies = { ...region.dependencies, limits: { ...limits, maxRestoredBytes: MIB } };
    const bomb = compressFrame(await packTar([{ name: 'objects/zeros', body: Buffer.alloc(3 * MIB) }]));

    expect(await refusal(region, bomb)).toBe('ARCHIVE_OVER_LIMITS');
  });

  test('leave the main thread time for heartbeats and can be stopped, however much they decompress to', async () => {
    const region = new TargetRegion();
    const stop = new AbortController();
    region.dependencies = { ...region.dependencies, stop: stop.signal };
    const bomb = compressFrame(await packTar([{ name: 'objects/zeros', body: Buffer.alloc(64 * MIB) }]));
    const message = await region.arrive(bomb);
    let beats = 0;
    const beat = (): void => {
      beats += 1;
      if (beats === 3) stop.abort();
      else setImmediate(beat);
    };
    setImmediate(beat);

    await region.process(message);

    expect(beats).toBe(3);
    expect(region.queue.again).toEqual([message]);
  });

  test('write only the missing objects if they are redelivered after a crash', async () => {
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { put: [2] }) });
    const message = await region.arrive(await publicArchive(...two), KEY);
    await region.process(message);
    region.dependencies = { ...region.dependencies, store: region.calls };

    const response = await region.process({ ...message, receiveCount: 2 });

    expect(response.batchItemFailures).toEqual([]);
    expect(region.calls.counts).toMatchObject({ head: 2, put: 1, remove: 1 });
    expect(region.store.keys(TARGET)).toEqual(['data/a.txt', 'data/b.txt']);
  });

  test('abort the upload of a large object if a part fails', async () => {
    const failing: { store?: FailingObjectStore } = {};
    const region = new TargetRegion({
      wrap: (store) => (failing.store = new FailingObjectStore(store, { uploadPart: [2] })),
    });
    const body = Buffer.alloc(17 * MIB, 1);
    const archive = await publicArchive([{ name: 'objects/large', body }], [publicEntry('large', body.length)]);

    const response = await region.process(await region.arrive(archive, KEY));

    expect(response.batchItemFailures).toHaveLength(1);
    expect(failing.store?.counts).toMatchObject({ createUpload: 1, complete: 0, abort: 1 });
    expect(region.store.keys(TARGET)).toEqual([]);
  });

  test('release all buffers, whatever happens', async () => {
    const region = new TargetRegion();
    const whole = await publicArchive(...two);
    for (const bytes of [whole, whole.subarray(0, whole.length - 3), whole, Buffer.from('no'), whole]) {
      await region.process(await region.arrive(bytes, KEY));
    }
    const { compressed, tar } = region.buffers;

    await Promise.all([compressed.acquire(), compressed.acquire(), tar.acquire(), tar.acquire()]);
  });
});
