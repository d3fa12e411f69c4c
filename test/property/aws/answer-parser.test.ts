import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HttpError } from '../../../src/aws/http/errors.ts';
import type { ResponseHeaders } from '../../../src/aws/http/response-headers.ts';
import { ResponseParser } from '../../../src/aws/http/response-parser.ts';

const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/).map((name) => `x-${name}`);
const values = fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,40}[\x21-\x7e\x80-\xff])?$/);

interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly framing: 'sized' | 'chunked' | 'until-end';
  /** Sizes of the chunks. */
  readonly chunks: readonly number[];
}

const answers: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(200, 206, 404, 503),
  headers: fc.array(fc.tuple(names, values), { maxLength: 8 }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  framing: fc.constantFrom('sized', 'chunked', 'until-end'),
  chunks: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }),
});

function encode({ status, headers, body, framing, chunks }: Answer): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = {
    sized: `Content-Length: ${body.length}\r\n`,
    chunked: 'Transfer-Encoding: chunked\r\n',
    'until-end': '',
  };
  const head = Buffer.from(`HTTP/1.1 ${status} Reason\r\n${lines}${length[framing]}\r\n`, 'latin1');
  if (framing !== 'chunked') return Buffer.concat([head, body]);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of [...chunks, body.length]) {
    const piece = body.subarray(at, at + size);
    at += piece.length;
    if (piece.length > 0) pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([head, ...pieces, Buffer.from('0\r\nx-trailer: dropped\r\n\r\n')]);
}

/** Records what the parser reports. Its input is overwritten afterwards, like the buffer that all sockets share. */
class Listener {
  status = 0;
  headers: ResponseHeaders | undefined;
  body = '';

  begin(status: number, headers: ResponseHeaders): void {
    this.status = status;
    this.headers = headers;
  }

  write(chunk: Buffer): void {
    this.body += chunk.toString('latin1');
  }
}

function parse(parser: ResponseParser, bytes: Buffer, cuts: readonly number[]): Listener {
  const listener = new Listener();
  parser.expect('GET', listener);
  const shared = Buffer.alloc(bytes.length);
  let at = 0;
  for (const size of [...cuts, bytes.length]) {
    const piece = shared.subarray(0, bytes.copy(shared, 0, at, at + size));
    if (piece.length === 0) break;
    expect(parser.push(piece)).toBe(piece.length);
    shared.fill('#');
    at += piece.length;
  }
  return listener;
}

test('the parser reads responses one after the other, however their bytes are split', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(answers, fc.array(fc.integer({ min: 1, max: 60 }))), { minLength: 1, maxLength: 4 }),
      (several) => {
        const parser = new ResponseParser();
        for (const [answer, cuts] of several) {
          const { status, headers, body } = parse(parser, encode(answer), cuts);
          expect(parser.isIdle).toBe(answer.framing !== 'until-end');
          expect(parser.isPersistent).toBe(answer.framing !== 'until-end');
          parser.end();
          expect([status, body]).toEqual([answer.status, answer.body.toString('latin1')]);
          for (const [name] of answer.headers) {
            const meant = answer.headers.filter(([other]) => other.toLowerCase() === name.toLowerCase());
            expect(headers?.get(name.toLowerCase())).toBe(meant.map(([, value]) => value).join(', '));
          }
        }
      },
    ),
  );
});

test('the parser refuses any other bytes or ends the response, and never consumes more than it is given', () => {
  const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });
  fc.assert(
    fc.property(answers, mutations, fc.array(fc.integer({ min: 1, max: 60 })), (answer, changes, cuts) => {
      const bytes = encode(answer);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const parser = new ResponseParser();
      const listener = new Listener();
      parser.expect('GET', listener);
      let at = 0;
      try {
        for (const size of [...cuts, bytes.length]) {
          const piece = bytes.subarray(at, at + size);
          const used = parser.push(piece);
          expect(used).toBeLessThanOrEqual(piece.length);
          at += piece.length;
          if (parser.isIdle) break;
          expect(used).toBe(piece.length);
        }
        parser.end();
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(HttpError);
      }
    }),
  );
});

test.each([
  ['a length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n', 'ambiguous'],
  ['two lengths that differ', 'content-length: 3\r\ncontent-length: 4\r\n', 'length'],
  ['a length that is not a number', 'content-length: +3\r\n', 'length'],
  ['an unknown encoding', 'transfer-encoding: gzip\r\n', 'ambiguous'],
  ['a folded line', 'x-a: 1\r\n 2\r\n', 'has the name'],
  ['a bare line feed', 'x-a: 1\nx-b: 2\r\n', 'CRLF'],
  ['a name with a space', 'x-a : 1\r\n', 'has the name'],
])('the parser refuses a response with %s', (_, lines, reason) => {
  const parser = new ResponseParser();
  parser.expect('GET', new Listener());
  expect(() => parser.push(Buffer.from(`HTTP/1.1 200 OK\r\n${lines}\r\n`))).toThrow(reason);
});

test.each([
  ['GET', 'HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\n'],
  ['GET', 'HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n'],
  ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
])('the parser expects no body for a %s with the response %j', (method, answer) => {
  const parser = new ResponseParser();
  parser.expect(method, new Listener());
  const bytes = Buffer.from(`${answer}HTTP/1.1`);
  expect(parser.push(bytes)).toBe(answer.length);
  expect(parser.isIdle).toBe(true);
});

test.each([
  ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 0\r\n\r\n', false],
])('after %j, the connection stays open: %s', (answer, lasts) => {
  const parser = new ResponseParser();
  parser.expect('GET', new Listener());
  parser.push(Buffer.from(answer));
  expect(parser.isPersistent).toBe(lasts);
});

test('the parser refuses an endless header section', () => {
  const parser = new ResponseParser();
  parser.expect('GET', new Listener());
  const line = Buffer.from(`x-a: ${'a'.repeat(1000)}\r\n`);
  parser.push(Buffer.from('HTTP/1.1 200 OK\r\n'));
  expect(() => {
    for (let i = 0; i < 100; i += 1) parser.push(line);
  }).toThrow('its head has more than');
});
