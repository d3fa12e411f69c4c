import { describe, expect, test } from '@jest/globals';
import { encodeManifest, type ManifestObject } from '../../../src/archive/manifest.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import { RestoringSpeed, type RestoringWork } from '../../../src/limits/restoring-speed.ts';
import { AccessDeniedError, StorageRejectedError, WriteConditionError } from '../../../src/storage/errors.ts';
import { findStamp, originOf, STAMP_NAME } from '../../../src/storage/provenance.ts';
import { MIB } from '../../../src/units.ts';
import {
  type ArchiveParts,
  compressFrame,
  joinFrames,
  layOutArchive,
  manifestTar,
  readSeekTable,
  sealArchive,
} from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { HOSTILE_KEYS } from '../../support/hostile-keys.ts';
import { exampleRule } from '../../support/rules.ts';
import {
  announce,
  archiveOf,
  INBOUND,
  NOW,
  RULE,
  TARGET,
  TargetRegion,
  textObject,
} from '../../support/target-region.ts';

const KEY = `${RULE.id}/a.tar.zst`;
const bodies = Array.from({ length: 5 }, (_, index) => textObject(`${index}.txt`, `body ${index}`));

/** An archive with a manifest that the test changes. */
function forged(change: (parts: ArchiveParts['manifest']) => ArchiveParts['manifest'], rule = RULE.id): Buffer {
  const { tarFrames, manifest } = layOutArchive(bodies);
  return sealArchive({ tarFrames, manifest: change({ ...manifest, rule }) });
}

function changeFirst(change: Partial<ManifestObject>): Buffer {
  return forged((manifest) => ({
    ...manifest,
    objects: manifest.objects.map((object, index) => (index === 0 ? { ...object, ...change } : object)),
  }));
}

async function refusal(region: TargetRegion, archive: Uint8Array, key = KEY): Promise<string | undefined> {
  await region.process(await region.arrive(archive, key));
  return region.queue.letters.at(-1)?.reason.code;
}

describe('restoring an archive', () => {
  test('keeps every key exactly: slashes, dots, folders, spaces, unicode', async () => {
    const region = new TargetRegion();
    const keys = HOSTILE_KEYS.filter((key) => key.isWellFormed());

    await region.process(await region.arrive(archiveOf(keys.map((key) => textObject(key, `at ${key}`)))));

    expect(region.telemetry.failedObjects).toEqual([]);
    expect(new Set(region.store.keys(TARGET))).toEqual(new Set(keys));
    for (const key of keys) expect(region.text(key)).toBe(`at ${key}`);
  });

  test('restores folder markers (keys that end in a slash), even empty ones', async () => {
    const region = new TargetRegion();

    await region.process(await region.arrive(archiveOf([textObject('dir/', ''), textObject('dir/sub/', 'marked')])));

    expect(region.store.keys(TARGET)).toEqual(['dir/', 'dir/sub/']);
    expect(region.text('dir/sub/')).toBe('marked');
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('keeps keys apart that differ only in slashes', async () => {
    const region = new TargetRegion();
    const keys = ['data/x', 'data//x', '/data/x', 'data/x/'];

    await region.process(await region.arrive(archiveOf(keys.map((key) => textObject(key, key)))));

    expect(keys.map((key) => region.text(key))).toEqual(keys);
  });

  test('restores a key and the "folder" of the same name from one archive', async () => {
    const region = new TargetRegion();

    await region.process(await region.arrive(archiveOf([textObject('a/b', 'child'), textObject('a', 'parent')])));

    expect([region.text('a/b'), region.text('a')]).toEqual(['child', 'parent']);
  });

  test('keeps a leading slash', async () => {
    const region = new TargetRegion();

    await region.process(await region.arrive(archiveOf([textObject('/x', 'slash')])));

    expect(region.store.keys(TARGET)).toEqual(['/x']);
  });

  test('sets headers and user metadata, and adds only the provenance stamp', async () => {
    const region = new TargetRegion();
    const headers = {
      contentType: 'text/html; charset=utf-8',
      contentEncoding: 'br',
      contentDisposition: 'attachment; filename="ä.html"',
      contentLanguage: 'de',
      cacheControl: 'no-store',
      expires: 'whenever',
      websiteRedirectLocation: '/elsewhere',
    };
    const metadata: [string, string][] = [
      ['author', 'Ünïcödé 日本語'],
      ['empty', ''],
    ];

    await region.process(
      await region.arrive(archiveOf([textObject('k', 'x', { headers, metadata, sequencer: '0A' })])),
    );

    const { description } = region.store.look({ bucket: TARGET, key: 'k' }) ?? {};
    expect(description?.headers).toEqual(headers);
    expect({ ...description?.metadata, [STAMP_NAME]: 'stamp' }).toEqual({
      author: 'Ünïcödé 日本語',
      empty: '',
      [STAMP_NAME]: 'stamp',
    });
    expect(findStamp({ metadata: description?.metadata ?? {} }, { bucket: TARGET, key: 'k' })?.stamp).toEqual({
      origin: originOf('source-bucket'),
      eventTime: 1_700_000_000_000,
      sequencer: '0A',
      etag: 'd41d8cd9',
    });
  });

  test('writes ten tags in the same PUT as the body, and adds no tag of its own', async () => {
    const region = new TargetRegion();
    const tags = Array.from({ length: 10 }, (_, index) => ({ [`tag ${index}`]: `value/${index}` }));

    await region.process(await region.arrive(archiveOf([textObject('k', 'x', { tags })])));

    expect(region.store.look({ bucket: TARGET, key: 'k' })?.tags).toEqual(
      tags.flatMap((tag) => Object.entries(tag).map(([key, value]) => ({ key, value }))),
    );
    expect(region.calls.counts.put).toBe(1);
  });

  test('keeps all metadata even if it leaves no room for the stamp', async () => {
    const region = new TargetRegion();
    const metadata: [string, string][] = [['note', 'x'.repeat(2044)]];

    await region.process(await region.arrive(archiveOf([textObject('k', 'x', { metadata })])));

    expect(region.store.look({ bucket: TARGET, key: 'k' })?.description.metadata).toEqual({ note: 'x'.repeat(2044) });
  });

  test('decompresses once for several destinations, each with its own storage class, KMS key and conflict rule', async () => {
    const rule = exampleRule({}, [
      { bucket: 'one', storageClass: 'STANDARD_IA' },
      { bucket: 'two', kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/k', onConflict: 'keep' },
      { bucket: 'elsewhere', region: 'ap-south-1' },
    ]);
    const region = new TargetRegion({ rules: [rule] });
    await region.store.place({ bucket: 'one', key: '0.txt' }, Buffer.from('theirs'));
    await region.store.place({ bucket: 'two', key: '0.txt' }, Buffer.from('theirs'));

    const response = await region.process(await region.arrive(archiveOf(bodies, rule.id), `${rule.id}/a.tar.zst`));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.text('0.txt', 'one')).toBe('body 0');
    expect(region.text('0.txt', 'two')).toBe('theirs');
    expect(region.store.look({ bucket: 'one', key: '1.txt' })?.description.storageClass).toBe('STANDARD_IA');
    expect(region.store.look({ bucket: 'two', key: '1.txt' })).toMatchObject({
      kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/k',
      description: { storageClass: 'STANDARD' },
    });
    expect(region.store.keys('elsewhere')).toEqual([]);
    expect(region.telemetry.conflicts).toEqual(['0.txt']);
    expect(region.telemetry.skipped).toEqual([['0.txt', 'kept']]);
    expect(region.telemetry.archives).toMatchObject([{ objects: 10, restored: 9, skipped: 1 }]);
    expect(region.calls.counts.read).toBe(1);
  });
});

describe('order of writes', () => {
  const archives = { v1: 'first', v2: 'second' } as const;
  const version = (name: keyof typeof archives, sequencer: string | undefined, modified: number): Buffer =>
    archiveOf([textObject('k', archives[name], { modified, ...(sequencer === undefined ? {} : { sequencer }) })]);

  test.each([
    ['sequencers', '0055AA', '0055AB', 1_700_000_000, 1_700_000_000],
    ['sequencers that contradict the clock', '0055AA', '0055AB', 1_700_000_009, 1_700_000_000],
    ['event times', undefined, undefined, 1_700_000_000, 1_700_000_001],
  ])(
    'an older version never overwrites a newer one, whichever archive arrives first: by %s',
    async (_, s1, s2, t1, t2) => {
      const inOrder = new TargetRegion();
      await inOrder.process(await inOrder.arrive(version('v1', s1, t1)));
      await inOrder.process(await inOrder.arrive(version('v2', s2, t2)));
      const reversed = new TargetRegion();
      await reversed.process(await reversed.arrive(version('v2', s2, t2)));
      await reversed.process(await reversed.arrive(version('v1', s1, t1)));

      expect([inOrder.text('k'), reversed.text('k')]).toEqual(['second', 'second']);
      expect(inOrder.telemetry.conflicts).toEqual([]);
      expect(reversed.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
      expect(reversed.store.keys(INBOUND)).toEqual([]);
    },
  );

  test('an object without room for a stamp is not written twice by a replay', async () => {
    const region = new TargetRegion();
    const archive = archiveOf([textObject('k', 'x', { metadata: [['note', 'x'.repeat(2044)]] })]);
    await region.process(await region.arrive(archive));
    const etag = region.store.look({ bucket: TARGET, key: 'k' })?.description;
    await region.process(await region.arrive(archive));

    expect(region.store.look({ bucket: TARGET, key: 'k' })?.description).toBe(etag);
    expect(region.telemetry.conflicts).toEqual([]);
  });

  test('a key that changes between HEAD and PUT is checked again', async () => {
    const older = version('v1', '0A', 1_700_000_000);
    const region = new TargetRegion();
    await region.process(await region.arrive(older));
    const race = new FailingObjectStore(region.store);
    const put = race.put.bind(race);
    let puts = 0;
    region.dependencies = {
      ...region.dependencies,
      store: Object.assign(race, {
        put: async (request: Parameters<typeof put>[0]) => {
          puts += 1;
          // A user writes the key just before our second attempt, the one with If-Match.
          if (puts === 2) await region.store.place({ bucket: TARGET, key: 'k' }, Buffer.from('user'));
          return put(request);
        },
      }),
    };
    await region.process(await region.arrive(version('v2', '0B', 1_700_000_001)));

    expect(puts).toBe(3);
    expect(region.text('k')).toBe('second');
    expect(region.telemetry.conflicts).toEqual(['k']);
  });
});

test('a key that another writer keeps changing is left to a later attempt', async () => {
  const region = new TargetRegion();
  const store = new FailingObjectStore(
    region.store,
    { put: [1, 2, 3, 4, 5, 6] },
    { error: () => new WriteConditionError('lost again') },
  );
  region.dependencies = { ...region.dependencies, store };

  const response = await region.process(await region.arrive(archiveOf([textObject('k', 'x')])));

  expect(response.batchItemFailures).toHaveLength(1);
  expect(store.counts.put).toBe(5);
  expect(region.telemetry.failedObjects).toEqual([['k', 'WRITE_CONDITION_FAILED']]);
  expect(region.store.keys(INBOUND)).toEqual([KEY]);
});

test('a damaged manifest causes a refusal that names the archive', async () => {
  const region = new TargetRegion();
  const archive = archiveOf(bodies);
  const frame = readSeekTable(archive).at(-1);
  if (frame === undefined) throw new Error('expected a frame');
  archive[frame.offset + 20] = (archive[frame.offset + 20] ?? 0) ^ 0xff;

  expect(await refusal(region, archive)).toBe('ARCHIVE_CORRUPT');
  expect(region.queue.letters[0]?.reason.context['archive']).toBe(`s3://${INBOUND}/${KEY}`);
});

describe('the duration of an archive', () => {
  class SpiedSpeed extends RestoringSpeed {
    readonly lessons: [objects: number, seconds: number][] = [];
    override learn({ objects }: RestoringWork, seconds: number): void {
      this.lessons.push([objects, seconds]);
    }
  }

  /** A region where each write takes 2 s. */
  function slowRegion(failing: readonly number[] = []) {
    let time = NOW;
    const speed = new SpiedSpeed(1);
    const hold = (call: string): undefined => {
      if (call === 'put') time += 2000;
    };
    const region = new TargetRegion({
      now: () => time,
      wrap: (store) => new FailingObjectStore(store, { put: failing }, { hold }),
      dependencies: { speed },
    });
    return { region, speed };
  }

  test('is reported, and the speed is learned from it', async () => {
    const { region, speed } = slowRegion();
    await region.process(await region.arrive(archiveOf(bodies)));
    expect(region.telemetry.archives).toMatchObject([{ seconds: 10, restored: 5 }]);
    expect(speed.lessons).toEqual([[5, 10]]);
  });

  test('is not used to learn the speed if some objects existed already or are still missing', async () => {
    const { region, speed } = slowRegion([3]);
    const message = await region.arrive(archiveOf(bodies));
    await region.process(message);
    await region.process({ ...message, receiveCount: 2 });
    expect(region.telemetry.archives).toMatchObject([{ restored: 1, skipped: 4 }]);
    expect(speed.lessons).toEqual([]);
    await region.process(await region.arrive(archiveOf([])));
    expect(region.telemetry.archives).toHaveLength(2);
    expect(speed.lessons).toEqual([]);
  });
});

describe('failures', () => {
  test('an object that cannot be written is named, keeps the archive and the message, and does not stop the others', async () => {
    const denied = { error: () => new AccessDeniedError('denied by KMS') };
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { put: [3] }, denied) });
    const message = await region.arrive(archiveOf(bodies));

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(region.store.keys(TARGET)).toEqual(['0.txt', '1.txt', '3.txt', '4.txt']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
    expect(region.telemetry.failedObjects).toEqual([['2.txt', 'STORAGE_ACCESS_DENIED']]);
    expect(region.telemetry.failures).toEqual([[message.messageId, 'ARCHIVE_NOT_RESTORED']]);
    expect(region.telemetry.archives).toEqual([]);
    expect(region.telemetry.partly).toMatchObject([{ restored: 4, overwritten: 0, skipped: 0 }]);
  });

  test('the next attempt writes only the missing objects', async () => {
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { put: [3] }) });
    const message = await region.arrive(archiveOf(bodies));
    await region.process(message);
    region.dependencies = { ...region.dependencies, store: region.calls };

    const response = await region.process({ ...message, receiveCount: 2 });

    expect(response.batchItemFailures).toEqual([]);
    expect(region.calls.counts).toMatchObject({ head: 5, put: 1, remove: 1 });
    expect(region.text('2.txt')).toBe('body 2');
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('an object that S3 never accepts dead-letters the message, which names the object', async () => {
    const rejected = { error: () => new StorageRejectedError('no') };
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { put: [2] }, rejected) });

    await region.process(await region.arrive(archiveOf(bodies)));

    const [letter] = region.queue.letters;
    expect(letter?.reason.code).toBe('ARCHIVE_NOT_RESTORED');
    expect(letter?.reason.context).toMatchObject({ failed: 1, codes: 'STORAGE_REJECTED', keys: 'target-bucket/1.txt' });
    expect(letter?.reason.cause).toBeInstanceOf(StorageRejectedError);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('after a crash between restoring and deleting, the next delivery writes nothing and deletes the archive', async () => {
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { remove: [1] }) });
    const message = await region.arrive(archiveOf(bodies));
    const first = await region.process(message);
    region.dependencies = { ...region.dependencies, store: region.calls };

    const second = await region.process({ ...message, receiveCount: 2 });

    expect(first.batchItemFailures).toHaveLength(1);
    expect(second.batchItemFailures).toEqual([]);
    expect(region.calls.counts).toMatchObject({ read: 1, head: 5, put: 0, remove: 1 });
    expect(region.telemetry.skipped.map(([, reason]) => reason)).toEqual(Array(5).fill('replay'));
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('an archive that was resent only to this region is restored by its rule', async () => {
    const region = new TargetRegion();
    const message = await region.arrive(archiveOf([textObject('k', 'x')]), `_resend-us-east-1/${KEY}`);
    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expect(region.text('k')).toBe('x');
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('a PUT whose response was lost counts as done, since its stamp is found', async () => {
    const lost = { moment: 'after' as const, error: () => new StorageRejectedError('unused') };
    const region = new TargetRegion();
    const failing = new FailingObjectStore(region.store, { put: [1] }, lost);
    const put = failing.put.bind(failing);
    // The adapter retries, and then finds what it has written.
    region.dependencies = {
      ...region.dependencies,
      store: Object.assign(failing, {
        put: (request: Parameters<typeof put>[0]) => put(request).catch(() => put(request)),
      }),
    };

    const response = await region.process(await region.arrive(archiveOf([textObject('k', 'x')])));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.telemetry.skipped).toEqual([['k', 'replay']]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });
});

describe('archives that are forged or damaged', () => {
  test.each([
    [
      "a manifest of a rule other than the one in the archive's key",
      forged((manifest) => ({ ...manifest, rule: 'other' })),
      KEY,
      'ARCHIVE_FOREIGN',
    ],
    [
      'the same in an archive that was resent to one region',
      forged((manifest) => ({ ...manifest, rule: 'other' })),
      `_resend-us-east-1/${KEY}`,
      'ARCHIVE_FOREIGN',
    ],
    ['a rule that is not configured', forged((manifest) => manifest, 'unknown'), 'unknown/a.tar.zst', 'RULE_UNKNOWN'],
    ['an object of another bucket', changeFirst({ source_bucket: 'foreign' }), KEY, 'MANIFEST_MISMATCH'],
    [
      'an object whose member has another name',
      changeFirst({ relative_key: '../../etc/passwd' }),
      KEY,
      'MANIFEST_MISMATCH',
    ],
    ['an object that is not in the tar', changeFirst({ frame: 7 }), KEY, 'MANIFEST_MISMATCH'],
    ['an object of another size', changeFirst({ size: 3000 }), KEY, 'MANIFEST_MISMATCH'],
  ])('%s: the archive is refused before anything is written, and kept', async (_, archive, key, code) => {
    const region = new TargetRegion();

    expect(await refusal(region, archive, key)).toBe(code);
    expect(region.store.keys(TARGET)).toEqual([]);
    expect(region.store.keys(INBOUND)).toEqual([key]);
  });

  test('objects outside the prefix or suffix of the rule are refused', async () => {
    const narrow: ReplicationRule = exampleRule({ prefix: 'logs/', suffix: '.json' });
    for (const key of ['private/a.json', 'logs/a.txt', '../logs/a.json', 'logs']) {
      const region = new TargetRegion({ rules: [narrow] });
      const archive = archiveOf([textObject('logs/a.json', 'fine'), textObject(key, 'lie')], narrow.id);

      expect(await refusal(region, archive, `${narrow.id}/a.tar.zst`)).toBe('MANIFEST_MISMATCH');
      expect(region.store.keys(TARGET)).toEqual([]);
    }
  });

  test('targets named by a manifest are never written to', async () => {
    const region = new TargetRegion();
    const targets = [{ region: 'us-east-1', bucket: 'victim', kms_key_arn: 'arn:evil', storage_class: 'GLACIER' }];

    await region.process(await region.arrive(forged((manifest) => ({ ...manifest, targets }))));

    expect(region.store.keys('victim')).toEqual([]);
    expect(region.store.look({ bucket: TARGET, key: '0.txt' })).toMatchObject({
      description: { storageClass: 'STANDARD' },
    });
    expect(region.store.look({ bucket: TARGET, key: '0.txt' })?.kmsKeyArn).toBeUndefined();
  });

  test('a rule whose destinations are all in other regions restores nothing here', async () => {
    const rule = exampleRule({}, [{ region: 'ap-south-1' }]);
    const region = new TargetRegion({ rules: [rule] });

    expect(await refusal(region, archiveOf(bodies, rule.id), `${rule.id}/a.tar.zst`)).toBe('RULE_UNKNOWN');
  });

  test('an object whose bytes differ from those at the source fails alone', async () => {
    const region = new TargetRegion();

    expect(await refusal(region, changeFirst({ crc32: '00000000' }))).toBe('ARCHIVE_NOT_RESTORED');
    expect(region.telemetry.failedObjects).toEqual([['0.txt', 'OBJECT_CHECKSUM_MISMATCH']]);
    expect(region.store.keys(TARGET)).toEqual(['1.txt', '2.txt', '3.txt', '4.txt']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('an object whose size in the tar differs from the manifest fails alone', async () => {
    const region = new TargetRegion();

    expect(await refusal(region, changeFirst({ size: 3 }))).toBe('ARCHIVE_NOT_RESTORED');
    expect(region.telemetry.failedObjects).toEqual([['0.txt', 'ARCHIVE_CORRUPT']]);
    expect(region.store.keys(TARGET)).toEqual(['1.txt', '2.txt', '3.txt', '4.txt']);
  });

  test('a damaged frame fails only its own objects; those of other frames are restored', async () => {
    const region = new TargetRegion();
    const big = (key: string, fill: number) => ({ key, body: Buffer.alloc(7 * MIB, fill) });
    const { tarFrames, manifest } = layOutArchive([big('bad', 1), big('good', 2)]);
    const [first, second] = tarFrames.map((tar) => ({ bytes: compressFrame(tar), decompressed: tar.length }));
    if (first === undefined || second === undefined) throw new Error('expected two frames');
    first.bytes[first.bytes.length - 2] = (first.bytes.at(-2) ?? 0) ^ 0xff;
    const last = manifestTar(encodeManifest({ ...manifest, rule: RULE.id }));
    const archive = joinFrames([first, second, { bytes: compressFrame(last), decompressed: last.length }]);

    expect(await refusal(region, archive)).toBe('ARCHIVE_NOT_RESTORED');
    expect(region.telemetry.failedObjects).toEqual([['bad', 'ARCHIVE_CORRUPT']]);
    expect(region.store.keys(TARGET)).toEqual(['good']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('an archive that was cut off anywhere is refused, and never counts as restored', async () => {
    const whole = archiveOf(bodies);
    for (const length of [
      0,
      1,
      8,
      100,
      Math.floor(whole.length / 2),
      whole.length - 40,
      whole.length - 33,
      whole.length - 1,
    ]) {
      const region = new TargetRegion();

      const code = await refusal(region, whole.subarray(0, length));

      expect([length, code]).toEqual([length, expect.stringMatching(/^(ARCHIVE_CORRUPT|MANIFEST_INVALID)$/)]);
      expect(region.store.keys(INBOUND)).toEqual([KEY]);
      expect(region.telemetry.archives).toEqual([]);
      expect(region.store.keys(TARGET)).toEqual([]);
    }
  });

  test('an archive whose size differs from its event is retried', async () => {
    const region = new TargetRegion();
    const archive = archiveOf(bodies);
    await region.arrive(Buffer.concat([archive, Buffer.alloc(5)]));
    const etag = region.store.look({ bucket: INBOUND, key: KEY })?.description.etag ?? '';

    await region.process(announce(KEY, etag, archive.length));

    expect(region.queue.delays).toHaveLength(1);
    expect(region.telemetry.failures.map(([, code]) => code)).toEqual(['OBJECT_SIZE_MISMATCH']);
  });
});

describe('an archive of 20,000 small objects', () => {
  test('is restored in linear time, with fewer than ten reads of the archive', async () => {
    const body = Buffer.alloc(1000, 'json');
    const objects = Array.from({ length: 20_000 }, (_, index) => ({ key: `k/${index}`, body }));
    const region = new TargetRegion({ now: () => NOW });
    const message = await region.arrive(archiveOf(objects));

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.keys(TARGET)).toHaveLength(20_000);
    expect(region.telemetry.archives).toMatchObject([{ objects: 20_000, restored: 20_000, bytes: 20_000_000 }]);
    expect(region.calls.counts.put).toBe(20_000);
    expect(region.calls.counts.read).toBeLessThan(10);
  });
});
