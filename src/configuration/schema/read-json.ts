/** Position of a value in its file; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export type JsonPath = readonly (string | number)[];

/** A file that was read, with the way back from a value to its place. */
export interface LocatedJson {
  readonly value: unknown;
  /** Position of the value at a path, or of the nearest value around it when there is none. */
  readonly locate: (path: JsonPath) => TextPosition;
}

/** A text is not valid JSON. It never leaves this folder: the caller makes a problem of it. */
export class JsonSyntaxError extends Error {
  readonly position: TextPosition;

  constructor(message: string, position: TextPosition) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.position = position;
  }
}

interface JsonNode {
  readonly value: unknown;
  readonly offset: number;
  readonly children: ReadonlyMap<string, JsonNode>;
}

const LEAF: ReadonlyMap<string, JsonNode> = new Map();
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const SPACE = /[ \t\r\n]*/y;

/**
 * Reads JSON as JSON.parse does, but knows line and column of everything, and refuses a key that is there twice in one
 * object, of which JSON.parse would silently take the second.
 * @throws JsonSyntaxError
 */
export function readJson(text: string): LocatedJson {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  const root = new JsonReader(json).read();
  return {
    value: root.value,
    locate: (path) => {
      let node = root;
      for (const segment of path) node = node.children.get(String(segment)) ?? node;
      return positionAt(json, node.offset);
    },
  };
}

class JsonReader {
  private readonly text: string;
  private offset = 0;
  /** Empty at the end of the text, and where no token begins. */
  private token = '';

  constructor(text: string) {
    this.text = text;
    this.advance();
  }

  read(): JsonNode {
    const node = this.readValue();
    if (this.offset < this.text.length) this.refuse('the file ends after the last closing bracket');
    return node;
  }

  private readValue(): JsonNode {
    const { offset, token } = this;
    if (token === '{') return this.readObject(offset);
    if (token === '[') return this.readArray(offset);
    if (token === '' || '}],:'.includes(token)) this.refuse('a value is expected');
    this.advance();
    return { value: JSON.parse(token), offset, children: LEAF };
  }

  private readObject(offset: number): JsonNode {
    const children = new Map<string, JsonNode>();
    this.readItems('}', () => {
      if (!this.token.startsWith('"')) this.refuse('a key in double quotes is expected');
      const key = JSON.parse(this.token) as string;
      if (children.has(key)) this.refuse(`duplicate key "${key}"`);
      this.advance();
      if (this.token !== ':') this.refuse('a colon is expected after the key');
      this.advance();
      children.set(key, this.readValue());
    });
    return { value: Object.fromEntries([...children].map(([key, { value }]) => [key, value])), offset, children };
  }

  private readArray(offset: number): JsonNode {
    const items: JsonNode[] = [];
    this.readItems(']', () => items.push(this.readValue()));
    return {
      value: items.map(({ value }) => value),
      offset,
      children: new Map(items.map((item, index) => [String(index), item])),
    };
  }

  /** From the opening bracket to behind the closing one. */
  private readItems(close: string, readItem: () => void): void {
    this.advance();
    if (this.token !== close) readItem();
    while (this.token === ',') {
      this.advance();
      if (this.token === close) this.refuse(`a comma is not allowed before ${close}`);
      readItem();
    }
    if (this.token !== close) this.refuse(`a comma or ${close} is expected`);
    this.advance();
  }

  private advance(): void {
    SPACE.lastIndex = this.offset + this.token.length;
    SPACE.test(this.text);
    this.offset = SPACE.lastIndex;
    TOKEN.lastIndex = this.offset;
    this.token = TOKEN.exec(this.text)?.[0] ?? '';
  }

  private refuse(expected: string): never {
    const found = /^\S{1,20}/u.exec(this.text.slice(this.offset))?.[0];
    const what = found === undefined ? 'the file ends' : `it says ${found}`;
    throw new JsonSyntaxError(`invalid JSON: ${expected}, and ${what}`, positionAt(this.text, this.offset));
  }
}

function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
