/** A field of a fixed layout: its name and offset. */
type Field = readonly [name: string, offset: number];

const BLOCK = 512;
const TYPE_OFFSET = 156;
/** POSIX.1-1988, "ustar". */
const USTAR: readonly Field[] = [
  ['name', 0],
  ['mode', 100],
  ['uid', 108],
  ['gid', 116],
  ['size', 124],
  ['mtime', 136],
  ['checksum', 148],
  ['type', TYPE_OFFSET],
  ['link name', 157],
  ['magic', 257],
  ['version', 263],
  ['user name', 265],
  ['group name', 297],
  ['device', 329],
  ['prefix', 345],
  ['the rest of the header', 500],
];
/** docs/format.md, "Seek table". */
const SEEK_TABLE_HEADER: readonly Field[] = [
  ['magic of the skippable frame', 0],
  ['length of the content', 4],
];
const SEEK_TABLE_FOOTER: readonly Field[] = [
  ['number of frames', 0],
  ['descriptor', 4],
  ['magic of the seek table', 5],
];

/** The first difference of two tars, by member, field and offset; undefined if they are the same. */
export function tarDifference(found: Uint8Array, expected: Uint8Array): string | undefined {
  const at = firstDifference(found, expected);
  if (at === undefined) return undefined;
  const tar = Buffer.from(expected);
  let start = 0;
  while (start + BLOCK <= tar.length && tar[start] !== 0) {
    const size = Number.parseInt(tar.toString('latin1', start + 124, start + 135), 8);
    const end = start + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (at < end) {
      const name = tar.toString('utf8', start, start + 100).replace(/\0.*$/s, '');
      const offset = at - start;
      const field = offset < BLOCK ? fieldAt(USTAR, offset) : offset < BLOCK + size ? 'body' : 'padding';
      return sentence(`member "${name}", ${field}`, at, found, expected);
    }
    start = end;
  }
  return sentence('the blocks that end the tar', at, found, expected);
}

/** The first difference of two seek tables; undefined if they are the same. */
export function seekTableDifference(found: Uint8Array, expected: Uint8Array): string | undefined {
  const at = firstDifference(found, expected);
  if (at === undefined) return undefined;
  const footer = expected.length - 9;
  const entry = Math.floor((at - 8) / 8);
  const field =
    at < 8
      ? fieldAt(SEEK_TABLE_HEADER, at)
      : at < footer
        ? `frame ${entry}, ${(at - 8) % 8 < 4 ? 'compressed' : 'decompressed'} size`
        : fieldAt(SEEK_TABLE_FOOTER, at - footer);
  return sentence(field, at, found, expected);
}

function sentence(field: string, at: number, found: Uint8Array, expected: Uint8Array): string {
  const bytes = (from: Uint8Array): string => Buffer.from(from.subarray(at, at + 16)).toString('hex') || 'the end';
  return `The bytes differ in ${field}, at offset ${at}: ${bytes(found)} instead of ${bytes(expected)}`;
}

function firstDifference(found: Uint8Array, expected: Uint8Array): number | undefined {
  const length = Math.max(found.length, expected.length);
  for (let at = 0; at < length; at += 1) if (found[at] !== expected[at]) return at;
  return undefined;
}

function fieldAt(fields: readonly Field[], offset: number): string {
  return fields.findLast(([, start]) => start <= offset)?.[0] ?? '';
}
