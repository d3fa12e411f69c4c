import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { memberName, relativeKey } from '../../../src/archive/member-name.ts';
import { HOSTILE_KEYS } from '../../support/hostile-keys.ts';

function hashed(segment: string): string {
  return `%~${createHash('sha256').update(segment).digest('hex')}`;
}

test.each([
  ['a', 'objects/a'],
  ['a/b c+d.txt', 'objects/a/b c+d.txt'],
  ['ü/🙂', 'objects/ü/🙂'],
  ['a//b', 'objects/a/%/b'],
  ['/a', 'objects/%/a'],
  ['a/', 'objects/a/%'],
  ['/', 'objects/%/%'],
  ['.', 'objects/%2E'],
  ['../a', 'objects/%2E%2E/a'],
  ['...', 'objects/...'],
  ['%', 'objects/%25'],
  ['%2E', 'objects/%252E'],
  ['a%2E', 'objects/a%2E'],
  ['x'.repeat(255), `objects/${'x'.repeat(255)}`],
  [`a/${'x'.repeat(256)}/b`, `objects/a/${hashed('x'.repeat(256))}/b`],
  [`%${'x'.repeat(253)}`, `objects/${hashed(`%${'x'.repeat(253)}`)}`],
  ['é'.repeat(128), `objects/${hashed('é'.repeat(128))}`],
  ['a\0b', `objects/${hashed('a\0b')}`],
])('the key %j has the member name %j', (key, name) => {
  expect(memberName(key)).toBe(name);
  expect(`objects/${relativeKey(key)}`).toBe(name);
});

test('each of the hard keys has a different member name', () => {
  expect(new Set(HOSTILE_KEYS.map(memberName)).size).toBe(new Set(HOSTILE_KEYS).size);
});
