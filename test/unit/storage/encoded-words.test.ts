import { describe, expect, it } from '@jest/globals';
import { decodeMetadataValue, encodeMetadataValue } from '../../../src/storage/encoded-words.ts';

describe('decodeMetadataValue', () => {
  it.each([
    ['plain ASCII', 'a = b?', 'a = b?'],
    ['a base64 word', '=?UTF-8?B?Z3LDvMOfZQ==?=', 'grüße'],
    ['a quoted word', '=?utf-8?q?gr=C3=BC=C3=9Fe_an_a=5Fb?=', 'grüße an a_b'],
    ['words surrounded by text', 'say =?UTF-8?Q?=C3=A4?= and =?UTF-8?B?w7Y=?=!', 'say ä and ö!'],
    ['adjacent words, whose separator is not text', '=?UTF-8?Q?=C3=A4?= =?UTF-8?Q?=C3=B6?=', 'äö'],
    ['words folded over lines', '=?UTF-8?Q?a?=\r\n =?UTF-8?Q?b?=', 'ab'],
    ['a character split over two words', '=?UTF-8?Q?=C3?= =?UTF-8?Q?=A4?=', 'ä'],
    ['a word with a language tag', '=?UTF-8*de?Q?=C3=A4?=', 'ä'],
    ['raw UTF-8 bytes', Buffer.from('grüße').toString('latin1'), 'grüße'],
    ['bytes that are not UTF-8', 'gr\xfc\xdfe', 'grüße'],
    ['text that only looks like a word', '=?UTF-8?X?abc?=', '=?UTF-8?X?abc?='],
    ['a charset that S3 does not write', '=?ISO-8859-1?Q?=E4?=', '=?ISO-8859-1?Q?=E4?='],
  ])('reads %s', (_, header, text) => {
    expect(decodeMetadataValue(header)).toBe(text);
  });
});

describe('encodeMetadataValue', () => {
  it.each(['', 'a', 'a b', '=', '~!@#$%^&*()'])('leaves %j as it is', (text) => {
    expect(encodeMetadataValue(text)).toBe(text);
  });

  it('keeps all of a text that needs several words', () => {
    const text = Array.from({ length: 60 }, (_, index) => `слово${index}`).join(' ');
    expect(encodeMetadataValue(text).split(' ').length).toBeGreaterThan(10);
    expect(decodeMetadataValue(encodeMetadataValue(text))).toBe(text);
  });

  it.each([
    ['non-ASCII text', 'ü', '=?UTF-8?B?w7w=?='],
    ['a space that the header would lose', ' a', '=?UTF-8?B?IGE=?='],
    ['text that looks like a word', '=?UTF-8?Q?a?=', '=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?='],
  ])('encodes %s', (_, text, header) => {
    expect(encodeMetadataValue(text)).toBe(header);
  });
});
