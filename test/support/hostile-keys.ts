import fc from 'fast-check';
import { MAX_KEY_BYTES } from '../../src/units.ts';

/** Legal S3 keys that some tool on the way could misread. */
export const HOSTILE_KEYS: readonly string[] = [
  'plain.txt',
  'with space and  two.txt',
  'a+b=c&d?e#f.txt',
  'ünïcödé/日本語/файл.txt',
  'unicode/\u0065\u0301.txt',
  'unicode/\u00e9.txt',
  'emoji/🙂👩‍👩‍👧.png',
  'double//slash',
  'triple///slash',
  '/leading',
  '//leading-two',
  'trailing/',
  'trailing-two//',
  '/',
  '//',
  'own-folder',
  'own-folder/',
  'own-folder/child',
  '..',
  '.',
  '../climbs',
  'climbs/../../etc/passwd',
  './here',
  'here/./there',
  '%',
  '%2E',
  '%2E%2E',
  '%25',
  '%~',
  'percent/%2F/%',
  '100%',
  'new\nline',
  'tab\tand\rreturn',
  'control\u0001\u007f',
  'nul\u0000nul',
  'back\\slash',
  '"quoted" \'twice\' `thrice`',
  '-rf',
  '~root',
  '*?[glob]{a,b}',
  'manifest.json',
  'objects/manifest.json',
  '__proto__',
  'constructor/prototype',
  'PaxHeaders/member',
  'k'.repeat(99),
  'k'.repeat(100),
  `${'segment-of-16-by/'.repeat(14)}end`,
  'l'.repeat(255),
  'l'.repeat(256),
  'n'.repeat(MAX_KEY_BYTES),
  'é'.repeat(MAX_KEY_BYTES / 2),
  '/'.repeat(MAX_KEY_BYTES),
  './'.repeat(MAX_KEY_BYTES / 2),
];

const segments = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('', '.', '..', '...', '%', '%%', '%2E', '%2E%2E', '%25', '%~', 'a', ' ', '+'),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 300 }).map((length) => 'x'.repeat(length)) },
);

/** Any legal key, mostly with characters that change its member name. */
export const objectKeys: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(segments, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')) },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_KEYS) },
  )
  .filter((key) => key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES);
