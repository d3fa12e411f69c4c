import { CorruptArchiveError } from './errors.ts';
import { TAR_BLOCK } from './format.ts';

/**
 * Headers of the tar: ustar (POSIX.1-1988) if it can describe the member, otherwise preceded by a pax extended header
 * (POSIX.1-2001). Only regular files. Owner 0/0 and mode 0644 are constants: an object has neither.
 */
export interface TarMember {
  readonly name: string;
  readonly size: number;
  /**
   * Seconds since 1970; the object's Last-Modified. Times that ustar cannot express (before 1970, after 2242) become
   * the nearest possible one: the time is for people who list the tar, and must never change the length of a header.
   */
  readonly modified: number;
}

const NAME_LENGTH = 100;
const MODE_OFFSET = 100;
const SIZE_OFFSET = 124;
const MTIME_OFFSET = 136;
const CHECKSUM_OFFSET = 148;
const TYPE_OFFSET = 156;
const MAGIC_OFFSET = 257;
const PREFIX_OFFSET = 345;
const PREFIX_LENGTH = 155;
const NUMBER_DIGITS = 11;
/** Largest number in 11 octal digits: 8 GiB - 1 as a size, the year 2242 as a time. */
const MAX_USTAR_NUMBER = 0o77777777777;
const REGULAR_FILE = 0x30;
const PAX_HEADER = 0x78;
/** Name of the extended header itself; readers with pax support never show it. */
const PAX_NAME = 'PaxHeaders/member';
const ASCII = /^[\x20-\x7e]*$/;

/** Bytes from a member's start to its body: 512, or more when a pax header comes first. */
export function memberHeaderLength(name: string, size: number): number {
  const pax = paxRecords(name, size);
  return pax === undefined ? TAR_BLOCK : 2 * TAR_BLOCK + padded(pax.length);
}

/** Bytes after a body of `size` up to the next tar block. */
export function memberPadding(size: number): number {
  return padded(size) - size;
}

/** Writes the header(s) of a member at `offset`; returns the offset of its body. */
export function writeMemberHeader(into: Uint8Array, offset: number, member: TarMember): number {
  const pax = paxRecords(member.name, member.size);
  let at = offset;
  if (pax !== undefined) {
    writeUstar(into, at, { name: PAX_NAME, prefix: '', size: pax.length, modified: member.modified, type: PAX_HEADER });
    at += TAR_BLOCK;
    into.set(pax, at);
    into.fill(0, at + pax.length, at + padded(pax.length));
    at += padded(pax.length);
  }
  const split = splitName(member.name) ?? { prefix: '', name: asciiFallback(member.name) };
  const size = member.size > MAX_USTAR_NUMBER ? 0 : member.size;
  writeUstar(into, at, { ...split, size, modified: member.modified, type: REGULAR_FILE });
  return at + TAR_BLOCK;
}

/**
 * Checks that exactly this member's header is at `offset` and returns the offset of its body.
 * The header is rebuilt and compared, so a reader needs no tar parser and accepts nothing that we would not write.
 * @throws CorruptArchiveError when any byte but the time differs
 */
export function verifyMemberHeader(bytes: Uint8Array, offset: number, member: Omit<TarMember, 'modified'>): number {
  const length = memberHeaderLength(member.name, member.size);
  const actual = bytes.subarray(offset, offset + length);
  const modified = actual.length === length ? readNumber(actual, length - TAR_BLOCK + MTIME_OFFSET) : undefined;
  if (modified !== undefined) {
    const expected = new Uint8Array(length);
    writeMemberHeader(expected, 0, { ...member, modified });
    if (Buffer.compare(expected, actual) === 0) return offset + length;
  }
  throw new CorruptArchiveError(
    `The tar has no header of member "${member.name}" (${member.size} bytes) at ${offset}`,
    {
      context: { member: member.name, size: member.size, offset },
    },
  );
}

/** The size that a plain ustar header at the start of `bytes` declares; undefined when there is no such number. */
export function readMemberSize(bytes: Uint8Array): number | undefined {
  return bytes.length < TAR_BLOCK ? undefined : readNumber(bytes, SIZE_OFFSET);
}

interface UstarFields {
  readonly name: string;
  readonly prefix: string;
  readonly size: number;
  readonly modified: number;
  readonly type: number;
}

/** The constant part of each header: mode, owner, magic and version, and the spaces in place of the checksum. */
const CONSTANT_FIELDS = Buffer.alloc(TAR_BLOCK);
CONSTANT_FIELDS.write('0000644\0' + '0000000\0' + '0000000\0', MODE_OFFSET, 'latin1');
CONSTANT_FIELDS.fill(' ', CHECKSUM_OFFSET, TYPE_OFFSET);
CONSTANT_FIELDS.write('ustar\x0000', MAGIC_OFFSET, 'latin1');

function writeUstar(into: Uint8Array, offset: number, fields: UstarFields): void {
  const header = Buffer.from(into.buffer, into.byteOffset + offset, TAR_BLOCK);
  header.set(CONSTANT_FIELDS);
  header.write(fields.name, 0, NAME_LENGTH, 'latin1');
  header.write(octal(fields.size, NUMBER_DIGITS), SIZE_OFFSET, 'latin1');
  header.write(octal(nearestTime(fields.modified), NUMBER_DIGITS), MTIME_OFFSET, 'latin1');
  header[TYPE_OFFSET] = fields.type;
  header.write(fields.prefix, PREFIX_OFFSET, PREFIX_LENGTH, 'latin1');
  // A loop by index: iterating a Buffer costs several times more, and this runs twice for each object of an archive.
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK; at += 1) sum += header[at] ?? 0;
  header.write(`${octal(sum, 6)}\0 `, CHECKSUM_OFFSET, 'latin1');
}

/** The pax records that a member needs (path, size), or undefined if ustar is enough. */
function paxRecords(name: string, size: number): Buffer | undefined {
  const path = splitName(name) === undefined ? paxRecord('path', name) : '';
  const large = size > MAX_USTAR_NUMBER ? paxRecord('size', String(size)) : '';
  return path === '' && large === '' ? undefined : Buffer.from(path + large);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits and bytes, not characters. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return `${length}${rest}`;
}

/** Name and prefix fields of ustar, or undefined when the name does not fit (too long, or not plain ASCII). */
function splitName(name: string): { prefix: string; name: string } | undefined {
  if (!ASCII.test(name)) return undefined;
  if (name.length <= NAME_LENGTH) return { prefix: '', name };
  const slash = name.indexOf('/', name.length - NAME_LENGTH - 1);
  if (slash <= 0 || slash > PREFIX_LENGTH || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** The name that a reader without pax shows. */
function asciiFallback(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '_').slice(-NAME_LENGTH);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** A number in the only form that we write (tar has others): 11 octal digits and a NUL. */
function readNumber(bytes: Uint8Array, offset: number): number | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset, NUMBER_DIGITS + 1).toString('latin1');
  return /^[0-7]{11}\0$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function nearestTime(seconds: number): number {
  return seconds > 0 ? Math.min(Math.trunc(seconds), MAX_USTAR_NUMBER) : 0;
}

function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}
