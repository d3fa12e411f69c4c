import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { TAR_END } from '../../src/archive/format.ts';
import { memberName } from '../../src/archive/member-name.ts';
import { memberHeaderLength, memberPadding, writeMemberHeader } from '../../src/archive/tar-header.ts';
import { MIB } from '../../src/units.ts';
import type { TestObject } from '../support/archives.ts';
import {
  buildArchive,
  itemAt,
  layOutArchive,
  readArchive,
  readManifest,
  readSeekTable,
  sealArchive,
} from '../support/archives.ts';
import { HOSTILE_KEYS } from '../support/hostile-keys.ts';
import { queueMessage, s3Notification } from '../support/notifications.ts';
import { exampleRule } from '../support/rules.ts';
import { SourceServiceHarness } from '../support/source-service.ts';

const run = promisify(execFile);
/** Names are UTF-8; in a C locale, GNU tar would print and store other names. */
const ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8' };
const OPTIONS = { env: ENVIRONMENT, maxBuffer: 64 * MIB };

const OBJECTS: readonly TestObject[] = [
  ...HOSTILE_KEYS.map((key, index) => ({
    key,
    body: Buffer.from(`${key}\n`.repeat(index)),
    modified: 1_600_000_000 + index,
    tags: [{ kind: 'hostile' }, { ['__proto__']: key.slice(0, 20).replaceAll('\0', '') }],
  })),
  { key: 'large/three-frames.bin', body: varied(20 * MIB), tags: [] },
  ...Array.from({ length: 5 }, (_, index) => ({ key: `medium/${index}.bin`, body: varied(3 * MIB + index), tags: [] })),
  { key: 'late.txt', body: Buffer.from('2242'), modified: 0o77777777777, tags: [] },
];
const ARCHIVE = buildArchive(OBJECTS);

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'foreign-readers-'));
  file = path.join(folder, 'archive.tar.zst');
  await writeFile(file, ARCHIVE);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Bytes that compress about as well as text, so that all kinds of zstd blocks occur. */
function varied(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(Math.imul(at >> 4, 2_654_435_761) >>> 8, at);
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the zstd command line', () => {
  test('accepts the archive', async () => {
    await run('zstd', ['-t', file], OPTIONS);
  });

  test('finds the frames of the seek table, one skippable frame, and a window that every decoder allows', async () => {
    const { stdout } = await run('zstd', ['-lv', file], OPTIONS);
    expect(stdout).toMatch(new RegExp(`Zstandard Frames: ${readSeekTable(ARCHIVE).length}$`, 'm'));
    expect(stdout).toMatch(/Skippable Frames: 1$/m);
    expect(stdout).toMatch(/Check: XXH64/);
    const window = /Window Size: .*\((\d+) B\)/.exec(stdout)?.[1];
    expect(Number(window)).toBeLessThanOrEqual(128 * MIB);
  });

  test('decompresses an archive of the highest level within its default memory limit', async () => {
    const highest = path.join(folder, 'level-22.tar.zst');
    await writeFile(highest, buildArchive([{ key: 'a', body: varied(2 * MIB) }], 22));
    await run('zstd', ['-t', '--memory=128MB', highest], OPTIONS);
  });
});

describe('GNU tar after zstd -d', () => {
  test('lists every member and succeeds', async () => {
    const { stdout, stderr } = await run('sh', ['-c', 'zstd -dc "$0" | tar -t', file], OPTIONS);
    expect(stdout.trimEnd().split('\n')).toHaveLength(OBJECTS.length + 1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('manifest.json');
    expect(stderr).toBe('');
  });

  test('extracts every member that a file system can hold, with its bytes and time', async () => {
    // A key and its own folder cannot both be paths of a file system; everything else can.
    const names = new Set(OBJECTS.map(({ key }) => memberName(key)));
    const isFolder = (name: string): boolean => [...names].some((other) => other.startsWith(`${name}/`));
    const storable = OBJECTS.filter(({ key }) => !isFolder(memberName(key)));
    expect(storable.length).toBeGreaterThan(OBJECTS.length - 8);
    await writeFile(path.join(folder, 'storable.tar.zst'), buildArchive(storable));
    const into = path.join(folder, 'extracted');
    await mkdir(into);
    const command = 'zstd -dc "$0" | tar -x --warning=no-timestamp -C "$1"';
    const { stderr } = await run('sh', ['-c', command, path.join(folder, 'storable.tar.zst'), into], OPTIONS);
    expect(stderr).toBe('');
    for (const { key, body, modified = 1_700_000_000 } of storable) {
      const extracted = `${into}/${memberName(key)}`;
      expect(sha256(await readFile(extracted))).toBe(sha256(body));
      expect((await stat(extracted)).mtimeMs).toBe(modified * 1000);
    }
  });
});

describe('Python readers', () => {
  const script = fileURLToPath(new URL('../fixtures/read_archive.py', import.meta.url));
  let python: string;
  let tar: string;

  beforeAll(async () => {
    python = await preparePythonEnvironment('test', (line) => process.stderr.write(`${line}\n`));
    tar = path.join(folder, 'archive.tar');
    await run('zstd', ['-dqf', file, '-o', tar], OPTIONS);
  }, 300_000);

  const readers = ['tarfile', 'pyzstd', 'indexed_zstd'] as const;

  test.each(readers)('%s find every member with its name, size, time and bytes', async (reader) => {
    const { stdout } = await run(python, [script, 'members', reader, reader === 'tarfile' ? tar : file], OPTIONS);
    const members = JSON.parse(stdout) as unknown[];
    expect(members.slice(0, -1)).toEqual(
      OBJECTS.map(({ key, body, modified = 1_700_000_000 }) => ({
        name: memberName(key),
        size: body.length,
        modified,
        sha256: sha256(body),
      })),
    );
    expect(members.at(-1)).toMatchObject({ name: 'manifest.json' });
  });

  test.each(['pyzstd', 'indexed_zstd'])('%s read single objects at the offsets in the manifest', async (reader) => {
    const starts: number[] = [];
    readSeekTable(ARCHIVE).reduce((start, { decompressed }) => {
      starts.push(start);
      return start + decompressed;
    }, 0);
    // In reverse order, so that no reader can get by with sequential reads.
    const objects = readArchive(ARCHIVE).toReversed();
    const ranges = objects.map(({ object: { key, size, frame, offset } }) => [
      itemAt(starts, frame) + offset + memberHeaderLength(memberName(key), size),
      size,
    ]);
    const child = spawn(python, [script, 'ranges', reader, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify(ranges));
    expect(JSON.parse(await text(child.stdout))).toEqual(objects.map(({ body }) => sha256(body)));
  });
});

describe('readers that stop early, as docs/format.md describes them', () => {
  test("Node's zlib stops after the first frame without an error", () => {
    const [first] = readSeekTable(ARCHIVE);
    expect(zstdDecompressSync(ARCHIVE)).toHaveLength(first?.decompressed ?? 0);
  });

  test('tar lists the first of two concatenated archives, and both with --ignore-zeros', async () => {
    const both = `zstd -dc "${file}" "${file}" | tar -t`;
    const { stdout: one } = await run('sh', ['-c', `zstd -dc "${file}" | tar -t`], OPTIONS);
    const { stdout: first } = await run('sh', ['-c', both], OPTIONS);
    const { stdout: all } = await run('sh', ['-c', `${both} --ignore-zeros`], OPTIONS);
    expect(first).toBe(one);
    expect(all).toBe(`${one}${one}`);
  });
});

test('GNU tar and Python read a member of more than 8 GiB, its time and its neighbor', async () => {
  const huge = { name: memberName('huge.bin'), size: 8 * 1024 * MIB + 1, modified: 0o77777777777 };
  const next = { name: memberName('next-ü.txt'), size: 5, modified: 1_700_000_000 };
  const sparse = path.join(folder, 'sparse.tar');
  const handle = await open(sparse, 'w');
  const headerOf = (member: typeof huge): Buffer => {
    const header = Buffer.alloc(memberHeaderLength(member.name, member.size));
    writeMemberHeader(header, 0, member);
    return header;
  };
  const first = headerOf(huge);
  await handle.write(first, 0, first.length, 0);
  const at = first.length + huge.size + memberPadding(huge.size);
  const tail = Buffer.concat([headerOf(next), Buffer.from('after'), Buffer.alloc(memberPadding(5) + TAR_END)]);
  await handle.write(tail, 0, tail.length, at);
  await handle.close();

  const { stdout } = await run('tar', ['-tv', '--utc', '--full-time', '-f', sparse], OPTIONS);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(2)),
  ).toEqual([
    ['8589934593', '2242-03-16', '12:56:31', huge.name],
    ['5', '2023-11-14', '22:13:20', next.name],
  ]);
  const python = await preparePythonEnvironment('test', (line) => process.stderr.write(`${line}\n`));
  const list =
    'import sys, json, tarfile; print(json.dumps([[m.name, m.size, m.mtime] for m in tarfile.open(sys.argv[1])]))';
  const listed = await run(python, ['-c', list, sparse], OPTIONS);
  expect(JSON.parse(listed.stdout)).toEqual([huge, next].map(({ name, size, modified }) => [name, size, modified]));
}, 300_000);

/** What the public implementation's target would do with an archive. */
async function readAsPublicTarget(name: string, archive: Uint8Array): Promise<unknown> {
  const script = fileURLToPath(new URL('../fixtures/public_target.py', import.meta.url));
  const place = path.join(folder, name);
  await writeFile(place, archive);
  const python = await preparePythonEnvironment('test', (line) => process.stderr.write(`${line}\n`));
  return JSON.parse((await run(python, [script, place, 'us-east-1'], OPTIONS)).stdout);
}

/** A source whose rule replicates deletions. */
function replicatingSource(): SourceServiceHarness {
  return new SourceServiceHarness({ rule: exampleRule({}, [{ deletes: 'replicate' }]) });
}

describe('the target of the public implementation', () => {
  const script = fileURLToPath(new URL('../fixtures/public_target.py', import.meta.url));

  test('restores an archive without deletions from a rule that replicates deletions', async () => {
    const source = replicatingSource();
    const messages = [await source.place('a/b', 'one'), await source.place('c', 'two')];
    expect(await source.process(...messages)).toEqual([]);
    expect(await readAsPublicTarget('replicating.tar.zst', source.archive())).toMatchObject({
      manifests: 1,
      manifestIsLast: true,
      unknown: [],
      failed: [],
      withoutMember: [],
      uploads: [
        { bucket: 'target-bucket', key: 'a/b', sha256: sha256(Buffer.from('one')) },
        { bucket: 'target-bucket', key: 'c', sha256: sha256(Buffer.from('two')) },
      ],
    });
  }, 300_000);

  test('does nothing with an archive of deletions', async () => {
    const source = replicatingSource();
    const event = s3Notification({ key: 'gone', eventName: 'ObjectRemoved:DeleteMarkerCreated', sequencer: '10' });
    expect(await source.process(queueMessage(event))).toEqual([]);
    expect(readManifest(source.archive()).deletions).toHaveLength(1);
    expect(await readAsPublicTarget('deletions.tar.zst', source.archive())).toMatchObject({
      manifests: 1,
      uploads: [],
      unknown: [],
      failed: [],
      withoutMember: [],
    });
  }, 300_000);

  test('restores every object of our archive under its key, with its bytes and tags', async () => {
    // Python's makedirs fails for 1,000 nested folders, in any archive.
    const objects = OBJECTS.filter(({ key }) => key.split('/').length < 900);
    expect(objects).toHaveLength(OBJECTS.length - 1);
    const archive = path.join(folder, 'public-target.tar.zst');
    await writeFile(archive, buildArchive(objects));
    const python = await preparePythonEnvironment('test', (line) => process.stderr.write(`${line}\n`));
    const { stdout } = await run(python, [script, archive, 'eu-west-1'], OPTIONS);
    expect(JSON.parse(stdout)).toEqual({
      manifests: 1,
      manifestIsLast: true,
      unknown: [],
      failed: [],
      withoutMember: [],
      uploads: objects.map(({ key, body, tags = [] }) => ({
        bucket: 'target-bucket',
        key,
        sha256: sha256(body),
        tags: tags.flatMap((tag) => Object.entries(tag)),
        storage_class: 'STANDARD',
      })),
    });
  }, 300_000);
});

describe('an archive with deletions, in version 2.0 of the format', () => {
  test.each<[string, readonly TestObject[]]>([
    ['and objects', OBJECTS.slice(-2)],
    ['alone', []],
  ])('%s is readable by zstd and tar', async (_, objects) => {
    const parts = layOutArchive(objects);
    const deletions = [{ source_bucket: 'b', key: 'gone/ключ', event_time: '2026-11-23T10:00:00.000Z' }];
    const archive = path.join(folder, `deletions-${objects.length}.tar.zst`);
    await writeFile(archive, sealArchive({ ...parts, manifest: { ...parts.manifest, deletions } }));
    await run('zstd', ['-t', archive], OPTIONS);
    const list = await run('tar', ['-I', 'zstd', '-tf', archive], OPTIONS);
    expect(list.stdout.trim().split('\n').at(-1)).toBe('manifest.json');
    expect(list.stdout.trim().split('\n')).toHaveLength(objects.length + 1);
    const manifest = await run('tar', ['-I', 'zstd', '-xOf', archive, 'manifest.json'], OPTIONS);
    expect(JSON.parse(manifest.stdout)).toMatchObject({ format: { version: '2.0' }, deletions });
  });

  test.each([
    ['tarfile', []],
    ['pyzstd', []],
    ['indexed_zstd', []],
    ['pyzstd', OBJECTS.slice(-2)],
    ['indexed_zstd', OBJECTS.slice(-2)],
  ] as const)(
    'is readable by %s (case %#)',
    async (reader, objects) => {
      const parts = layOutArchive(objects);
      const deletions = [{ source_bucket: 'b', key: 'gone/ключ', event_time: '2026-11-23T10:00:00.000Z' }];
      const archive = path.join(folder, `python-${reader}-${objects.length}.tar.zst`);
      await writeFile(archive, sealArchive({ ...parts, manifest: { ...parts.manifest, deletions } }));
      const tar = `${archive}.tar`;
      await run('zstd', ['-dqf', archive, '-o', tar], OPTIONS);
      const python = await preparePythonEnvironment('test', (line) => process.stderr.write(`${line}\n`));
      const script = fileURLToPath(new URL('../fixtures/read_archive.py', import.meta.url));
      const { stdout } = await run(python, [script, 'members', reader, reader === 'tarfile' ? tar : archive], OPTIONS);
      const members = JSON.parse(stdout) as unknown[];
      expect(members).toMatchObject([
        ...objects.map(({ key, body }) => ({ name: memberName(key), size: body.length, sha256: sha256(body) })),
        { name: 'manifest.json' },
      ]);
    },
    300_000,
  );
});
