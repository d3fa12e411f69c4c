import { malformedError } from './errors.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

/**
 * The names of a response's headers, in order. Most responses of a server use the same ones, so they share an instance.
 */
interface HeaderNames {
  /** Each name as it was received, with its colon. */
  readonly written: readonly string[];
  /** Position of the value of a lower-case name, and those of its repetitions. */
  readonly positions: ReadonlyMap<string, readonly number[]>;
}

/** The headers of a response: lower-case names, values as latin1. */
export class ResponseHeaders {
  readonly #names: HeaderNames;
  readonly #values: readonly string[];

  private constructor(names: HeaderNames, values: readonly string[]) {
    this.#names = names;
    this.#values = values;
  }

  /**
   * @param text lines that end in CRLF; a value is cut out of it, not copied
   * @param from where the first line begins
   * @param like headers that may have the same names in the same order; then the names are not parsed again
   * @throws HttpError when a line is not a header
   */
  static parse(text: string, from: number, like?: ResponseHeaders): ResponseHeaders {
    if (like !== undefined) {
      const values = readValues(text, from, like.#names.written);
      if (values !== undefined) return new ResponseHeaders(like.#names, values);
    }
    const names = readNames(text, from);
    const values = readValues(text, from, names.written);
    if (values === undefined) throw malformedError('its headers cannot be read');
    return new ResponseHeaders(names, values);
  }

  /** For headers that did not come from a server, such as those of a test. */
  static of(headers: Readonly<Record<string, string>>): ResponseHeaders {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\r\n`);
    return ResponseHeaders.parse(lines.join(''), 0);
  }

  /** The value of a header; if it is repeated, all values as a comma-separated HTTP list. */
  get(name: string): string | undefined {
    const positions = this.#names.positions.get(name);
    if (positions === undefined) return undefined;
    const [first = 0] = positions;
    return positions.length === 1
      ? this.#values[first]
      : positions.map((position) => this.#values[position]).join(', ');
  }

  /** All names, each once. */
  names(): Iterable<string> {
    return this.#names.positions.keys();
  }
}

function readNames(text: string, from: number): HeaderNames {
  const written: string[] = [];
  const positions = new Map<string, number[]>();
  for (let at = from; at < text.length; at = lineEnd(text, at) + 1) {
    const colon = text.indexOf(':', at);
    const name = text.slice(at, Math.max(at, colon));
    if (!TOKEN.test(name)) throw malformedError(`a header has the name ${JSON.stringify(name.slice(0, 100))}`);
    const known = positions.get(name.toLowerCase());
    if (known === undefined) positions.set(name.toLowerCase(), [written.length]);
    else known.push(written.length);
    written.push(`${name}:`);
  }
  return { written, positions };
}

/** @returns undefined when the headers have other names */
function readValues(text: string, from: number, names: readonly string[]): string[] | undefined {
  const values: string[] = [];
  let at = from;
  for (const name of names) {
    if (!text.startsWith(name, at)) return undefined;
    const end = lineEnd(text, at);
    values.push(trim(text, at + name.length, end - 1));
    at = end + 1;
  }
  return at === text.length ? values : undefined;
}

/** Position of the line feed that ends a line. A bare one would be part of a value. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  if (end < 1 || text.charCodeAt(end - 1) !== CARRIAGE_RETURN) throw malformedError('a line does not end in CRLF');
  return end;
}

function trim(text: string, from: number, to: number): string {
  let [first, end] = [from, to];
  while (first < end && isBlank(text.charCodeAt(first))) first += 1;
  while (end > first && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(first, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
