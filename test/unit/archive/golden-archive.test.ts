import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { encodeManifest } from '../../../src/archive/manifest.ts';
import { encodeSeekTable } from '../../../src/archive/seek-table.ts';
import { GOLDEN_ARCHIVE, GOLDEN_OBJECTS } from '../../fixtures/golden-archive-1.0.ts';
import {
  decompressFrame,
  itemAt,
  layOutArchive,
  manifestTar,
  readArchive,
  readSeekTable,
} from '../../support/archives.ts';
import { seekTableDifference, tarDifference } from '../../support/byte-difference.ts';

const FIXTURE = 'test/fixtures/golden-archive-1.0.ts';
const SHA256 = 'bdc029893a9edf6df422a56e47615870ebb610953bed62acac667b7dbe39d0eb';
const ADVICE =
  'The fixture changes only with the version of the format: if it was not meant to change, `git checkout` it; if the ' +
  'code has changed, the new code cannot read or write archives of version 1.0.';

/** Frames of the golden archive and their tar bytes. @throws an error that says what is damaged and what to do */
function readGolden() {
  const frames = named('its seek table', () => readSeekTable(GOLDEN_ARCHIVE));
  const tar = frames.map((frame, index) =>
    named(`frame ${index}, at byte ${frame.offset},`, () => decompressFrame(GOLDEN_ARCHIVE, frame)),
  );
  return { frames, tar };
}

/** @param part the part of the fixture that is read */
function named<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${FIXTURE}: ${part} cannot be read: ${said}. ${ADVICE}`, { cause });
  }
}

/** Empty if there is no difference. */
function damage(part: string, difference: string | undefined): string {
  return difference === undefined ? '' : `${FIXTURE}, ${part}: ${difference}. ${ADVICE}`;
}

test('the golden archive is the one that version 1.0 wrote', () => {
  const { frames, tar } = readGolden();
  const { tarFrames, manifest } = layOutArchive(GOLDEN_OBJECTS);
  const written = [...tarFrames, manifestTar(encodeManifest(manifest))];
  expect(tar.map((bytes, frame) => damage(`frame ${frame}`, tarDifference(bytes, itemAt(written, frame))))).toEqual(
    frames.map(() => ''),
  );
  expect(damage('seek table', seekTableDifference(GOLDEN_ARCHIVE.subarray(-33), encodeSeekTable(frames)))).toBe('');
  const isSame = createHash('sha256').update(GOLDEN_ARCHIVE).digest('hex') === SHA256;
  expect(isSame ? '' : `${FIXTURE} has changed in bytes that no reader looks at. ${ADVICE}`).toBe('');
});

test('every object of an archive of version 1.0 is read', () => {
  readGolden();
  const restored = readArchive(GOLDEN_ARCHIVE);
  expect(
    restored.map(({ object, body }) => ({
      key: object.key,
      body,
      tags: object.tags,
      headers: object.headers,
      metadata: object.metadata,
      sequencer: object.sequencer,
      created: object.creation_time,
    })),
  ).toEqual(
    GOLDEN_OBJECTS.map(({ key, body, tags = [], headers, metadata, sequencer, modified = 0 }) => ({
      key,
      body,
      tags,
      headers,
      metadata,
      sequencer,
      created: new Date(modified * 1000).toISOString().slice(0, 19).replace('T', ' '),
    })),
  );
});

test('the tar is byte for byte what version 1.0 wrote', () => {
  const { tar: goldenTar } = readGolden();
  const { tarFrames, manifest } = layOutArchive(GOLDEN_OBJECTS);
  const written = [...tarFrames, manifestTar(encodeManifest(manifest))];
  expect(written.map((tar, frame) => tarDifference(tar, itemAt(goldenTar, frame)))).toEqual(
    goldenTar.map(() => undefined),
  );
  expect(createHash('sha256').update(itemAt(tarFrames, 0)).digest('hex')).toBe(
    '89b0e01fd39b95a506497de536e1a1ddf9126461a63bb458dc62f5871f766db7',
  );
});

test('the manifest is byte for byte what version 1.0 wrote', () => {
  const { tar: goldenTar } = readGolden();
  const json = encodeManifest(layOutArchive(GOLDEN_OBJECTS).manifest);
  expect(itemAt(goldenTar, 1).toString('utf8', 512, 512 + json.length)).toBe(json.toString());
  expect(json.toString()).toMatch(/^\{"format":\{"name":"s3-cross-region-compressor","version":"1\.0"\},"rule":/);
});

test('the seek table is byte for byte what version 1.0 wrote', () => {
  const { frames } = readGolden();
  const table = encodeSeekTable(frames);
  expect(seekTableDifference(table, GOLDEN_ARCHIVE.subarray(-33))).toBeUndefined();
  expect(table.toString('hex')).toBe('5e2a4d1819000000fd00000000100000ab020000000c00000200000000b1ea928f');
});
