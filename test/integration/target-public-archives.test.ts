import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { MIB } from '../../src/units.ts';
import { type PublicEntry, publicEntry } from '../support/public-archives.ts';
import { INBOUND, TARGET, TargetRegion } from '../support/target-region.ts';

const SCRIPT = fileURLToPath(new URL('../fixtures/write-public-archive.py', import.meta.url));

interface PublicObject {
  readonly entry: PublicEntry;
  readonly member: string;
  readonly body: Buffer;
}

/** An object as the public source packs it: with a monitored prefix, the member's name is the key without it. */
function packed(key: string, body: Buffer, prefix = '', more: Partial<PublicEntry> = {}): PublicObject {
  const relative = prefix !== '' && key.startsWith(prefix) ? key.slice(prefix.length).replace(/^\/+/, '') : key;
  return {
    entry: publicEntry(key, body.length, { relative_key: relative, ...more }),
    member: `objects/${relative}`,
    body,
  };
}

/** Python's tar through the zstd command line, which here writes neither size nor checksum. */
async function archiveOf(objects: readonly PublicObject[]): Promise<Buffer> {
  const python = await preparePythonEnvironment('server', (line) => process.stderr.write(`${line}\n`));
  const description = { objects: objects.map((object) => ({ ...object, body: object.body.toString('base64') })) };
  const tar = await pipe(python, [SCRIPT], Buffer.from(JSON.stringify(description)));
  return pipe('zstd', ['-3', '--no-check', '--stdout'], tar);
}

async function pipe(command: string, args: readonly string[], input: Buffer): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const [output, status] = await Promise.all([
    buffer(child.stdout),
    new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ]);
  if (status !== 0) throw new Error(`${command} ended with status ${status}`);
  return output;
}

describe('archives that were written by Python and stock zstd', () => {
  test('are restored byte for byte, even with unusual keys', async () => {
    const region = new TargetRegion();
    const keys = [
      'a.txt',
      'dir/',
      'double//slash',
      'ünï/日本.txt',
      'with space+plus',
      'line\nbreak',
      'n'.repeat(300),
      'a',
      'a/b',
    ];
    const objects = keys.map((key) => packed(key, Buffer.from(`body of ${key}`), '', { tags: [{ kind: 'text' }] }));
    const empty = packed('empty', Buffer.alloc(0));
    const large = packed('large.bin', Buffer.alloc(17 * MIB, 'some large body '));

    const message = await region.arrive(await archiveOf([...objects, empty, large]), 'source-bucket/x.tar.zst');
    const response = await region.process(message);

    expect(region.telemetry.failures).toEqual([]);
    expect(response.batchItemFailures).toEqual([]);
    for (const { entry, body } of [...objects, empty, large]) {
      const key = entry.source_prefix === '' ? entry.object_name : `${entry.source_prefix}/${entry.object_name}`;
      expect([key, region.store.look({ bucket: TARGET, key })?.body.equals(body)]).toEqual([key, true]);
    }
    expect(region.store.look({ bucket: TARGET, key: 'a.txt' })?.tags).toEqual([{ key: 'kind', value: 'text' }]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('keep `w/q` and `w//q` apart even though a monitored prefix gave them one member name', async () => {
    const region = new TargetRegion();
    const objects = [packed('w/q', Buffer.from('one'), 'w'), packed('w//q', Buffer.from('other'), 'w')];
    expect(objects.map(({ member }) => member)).toEqual(['objects/q', 'objects/q']);

    await region.process(await region.arrive(await archiveOf(objects), 'source-bucket/w/x.tar.zst'));

    expect([region.text('w/q'), region.text('w//q')]).toEqual(['one', 'other']);
  });
});
