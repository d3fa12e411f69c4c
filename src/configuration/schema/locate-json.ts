import { type JSONVisitor, visit } from 'jsonc-parser';
import { type JsonPath, JsonSyntaxError, type JsonText, stripByteOrderMark, type TextPosition } from './json-text.ts';

const VALUE = 'a value';
const KEY = 'a key in double quotes';

/**
 * Reads JSON like JSON.parse, but tracks the line and column of everything, and refuses duplicate keys, of which
 * JSON.parse would silently use the last.
 * @throws JsonSyntaxError that says what was expected instead
 */
export function locateJson(text: string): JsonText {
  const json = stripByteOrderMark(text);
  const reader = new PositionReader(json);
  visit(json, reader, { disallowComments: true });
  return {
    value: JSON.parse(json),
    locate: (path) => {
      const around = path.map((_, index) => reader.positions.get(nameOf(path.slice(0, path.length - index))));
      return around.find((position) => position !== undefined) ?? reader.positions.get(nameOf([]));
    },
  };
}

interface OpenBracket {
  readonly close: '}' | ']';
  /** Keys of the object so far. */
  readonly keys: Set<string>;
}

/** Records where values are, and what may come next, which the first error reports. */
class PositionReader implements JSONVisitor {
  readonly positions = new Map<string, TextPosition>();
  readonly #json: string;
  readonly #open: OpenBracket[] = [];
  #expected = VALUE;
  #afterComma = false;

  constructor(json: string) {
    this.#json = json;
  }

  readonly onObjectBegin: NonNullable<JSONVisitor['onObjectBegin']> = (_offset, _length, line, character, path) => {
    this.#note(path(), line, character);
    this.#open.push({ close: '}', keys: new Set() });
    this.#expect(KEY);
  };

  readonly onArrayBegin: NonNullable<JSONVisitor['onArrayBegin']> = (_offset, _length, line, character, path) => {
    this.#note(path(), line, character);
    this.#open.push({ close: ']', keys: new Set() });
    this.#expect(VALUE);
  };

  readonly onObjectProperty = (
    key: string,
    _offset: number,
    _length: number,
    line: number,
    character: number,
  ): void => {
    const keys = this.#open.at(-1)?.keys;
    if (keys?.has(key) === true) this.#refuse(`duplicate key "${key}"`, line, character);
    keys?.add(key);
    this.#expect('a colon after the key');
  };

  readonly onSeparator = (separator: string): void => {
    const isComma = separator === ',';
    this.#expect(isComma && this.#open.at(-1)?.close === '}' ? KEY : VALUE, isComma);
  };

  readonly onLiteralValue: NonNullable<JSONVisitor['onLiteralValue']> = (
    _,
    _offset,
    _length,
    line,
    character,
    path,
  ) => {
    this.#note(path(), line, character);
    this.#expectEnd();
  };

  readonly onObjectEnd = (offset: number): void => {
    // This is also called at the end of the file if a bracket is missing.
    if (offset === this.#json.length) return;
    this.#open.pop();
    this.#expectEnd();
  };

  readonly onArrayEnd = this.onObjectEnd;

  readonly onError = (_code: unknown, offset: number, _length: number, line: number, character: number): void => {
    const close = this.#open.at(-1)?.close;
    const isTrailing = this.#afterComma && this.#json[offset] === close;
    if (isTrailing) this.#refuse(`a comma is not allowed before ${close}`, line, character);
    const found = /^\S{1,20}/u.exec(this.#json.slice(offset))?.[0] ?? 'the end of the file';
    this.#refuse(`expected ${this.#expected}, found ${found}`, line, character);
  };

  #note(path: JsonPath, line: number, character: number): void {
    this.positions.set(nameOf(path), { line: line + 1, column: character + 1 });
  }

  #expect(next: string, afterComma = false): void {
    this.#expected = next;
    this.#afterComma = afterComma;
  }

  #expectEnd(): void {
    const around = this.#open.at(-1);
    if (around === undefined) this.#expect('the end of the file after the last closing bracket');
    else this.#expect(`a comma or ${around.close}`);
  }

  #refuse(problem: string, line: number, character: number): never {
    throw new JsonSyntaxError(`invalid JSON: ${problem}`, { line: line + 1, column: character + 1 });
  }
}

function nameOf(path: JsonPath): string {
  return JSON.stringify(path.map(String));
}
