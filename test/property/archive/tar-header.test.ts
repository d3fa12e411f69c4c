import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { TAR_BLOCK, TAR_END } from '../../../src/archive/format.ts';
import { memberName } from '../../../src/archive/member-name.ts';
import {
  memberHeaderLength,
  memberPadding,
  verifyMemberHeader,
  writeMemberHeader,
} from '../../../src/archive/tar-header.ts';
import { objectKeys } from '../../support/hostile-keys.ts';

const members = fc.record({
  name: objectKeys.map(memberName),
  size: fc.integer({ min: 0, max: 4 * TAR_BLOCK }),
  modified: fc.integer({ min: 0, max: 0o77777777777 }),
});

interface ParsedMember {
  readonly name: string;
  readonly size: number | undefined;
  readonly modified: number | undefined;
  readonly mode: number | undefined;
}

/** The entries that tar-stream, an independent parser, finds in a tar. */
async function parseTar(tar: Buffer): Promise<ParsedMember[]> {
  const found: ParsedMember[] = [];
  const parser = extract();
  parser.on('entry', ({ name, size, mtime, mode, type }, body, next) => {
    expect(type).toBe('file');
    found.push({ name, size, modified: mtime.getTime() / 1000, mode });
    body.on('end', next);
    body.resume();
  });
  parser.end(tar);
  await once(parser, 'finish');
  return found;
}

test('an independent parser finds the name, size and time of every member', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(members, { maxLength: 10 }), async (list) => {
      const pieces = list.map((member) => {
        const headerLength = memberHeaderLength(member.name, member.size);
        const bytes = Buffer.alloc(headerLength + member.size + memberPadding(member.size));
        expect(writeMemberHeader(bytes, 0, member)).toBe(headerLength);
        expect(bytes.length % TAR_BLOCK).toBe(0);
        return bytes;
      });
      const found = await parseTar(Buffer.concat([...pieces, Buffer.alloc(TAR_END)]));
      expect(found).toEqual(list.map((member) => ({ ...member, mode: 0o644 })));
    }),
    { numRuns: 200 },
  );
});

test('a header is accepted only for the name and size of its member', () => {
  const sizes = fc.integer({ min: 0, max: 2 ** 45 });
  fc.assert(
    fc.property(members, sizes, objectKeys.map(memberName), sizes, ({ name, modified }, size, otherName, otherSize) => {
      const length = memberHeaderLength(name, size);
      const bytes = Buffer.alloc(length + TAR_BLOCK, 0xff);
      writeMemberHeader(bytes, TAR_BLOCK, { name, size, modified });
      expect(verifyMemberHeader(bytes, TAR_BLOCK, { name, size })).toBe(TAR_BLOCK + length);
      if (otherName !== name) expect(() => verifyMemberHeader(bytes, TAR_BLOCK, { name: otherName, size })).toThrow();
      if (otherSize !== size) expect(() => verifyMemberHeader(bytes, TAR_BLOCK, { name, size: otherSize })).toThrow();
    }),
    { numRuns: 300 },
  );
});

test('the time of an object never changes the length of its header or makes it unreadable', () => {
  const times = fc.oneof(fc.double(), fc.integer({ min: -(2 ** 50), max: 2 ** 50 }));
  fc.assert(
    fc.property(members, times, ({ name, size }, modified) => {
      const bytes = Buffer.alloc(memberHeaderLength(name, size));
      writeMemberHeader(bytes, 0, { name, size, modified });
      expect(verifyMemberHeader(bytes, 0, { name, size })).toBe(bytes.length);
    }),
  );
});
