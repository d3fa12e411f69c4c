import { isUtf8 } from 'node:buffer';

/** RFC 2047, section 2: `=?charset?encoding?text?=` (RFC 2231 adds `*language`). S3 writes no charset but UTF-8. */
const WORD = String.raw`=\?utf-8(?:\*[^?\s]*)?\?[bq]\?[^?]*\?=`;
/** White space between two words is not part of the text (section 6.2). */
const ADJACENT_WORDS = new RegExp(String.raw`${WORD}(?:\s+${WORD})*`, 'gi');
/** Values that a header can contain unchanged: printable ASCII without spaces at either end. */
const PLAIN = /^(?! )[\x20-\x7e]*(?<! )$/;
/** An encoded word has at most 75 characters (section 2); 45 bytes make 60 of base64, and its frame has 12. */
const BYTES_PER_WORD = 45;

/**
 * User metadata as people wrote it, from what S3 sends: RFC 2047 words when there is non-ASCII text in it, or raw
 * UTF-8 bytes (which HTTP hands over as latin1).
 */
export function decodeMetadataValue(value: string): string {
  if (value.includes('=?')) return value.replace(ADJACENT_WORDS, decodeWords);
  return /[\x80-\xff]/.test(value) ? decodeBytes(Buffer.from(value, 'latin1')) : value;
}

/**
 * The value for a request header: unchanged if that is safe, otherwise RFC 2047 words, which S3 decodes before it
 * stores them.
 */
export function encodeMetadataValue(value: string): string {
  if (PLAIN.test(value) && !value.includes('=?')) return value;
  const words: string[] = [];
  let word = '';
  let size = 0;
  for (const character of value) {
    const bytes = Buffer.byteLength(character);
    if (size + bytes > BYTES_PER_WORD) {
      words.push(word);
      word = '';
      size = 0;
    }
    word += character;
    size += bytes;
  }
  words.push(word);
  return words.map((text) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`).join(' ');
}

/** The words are joined as bytes first: careless senders split a character over two of them. */
function decodeWords(words: string): string {
  const bytes = words.split(/\s+/).map((word) => {
    const [, , encoding = '', text = ''] = word.split('?');
    return encoding.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : decodeQuoted(text);
  });
  return decodeBytes(Buffer.concat(bytes));
}

function decodeQuoted(text: string): Buffer {
  const bytes = text
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function decodeBytes(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
