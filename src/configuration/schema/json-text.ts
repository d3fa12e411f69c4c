/** Position of a value in its file; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export type JsonPath = readonly (string | number)[];

/** The JSON of a file. */
export interface JsonText {
  readonly value: unknown;
  /** Position of the value at a path, or of the nearest value around it; undefined if positions are not tracked. */
  readonly locate: (path: JsonPath) => TextPosition | undefined;
}

/** A text is not valid JSON. It never leaves this folder: the caller turns it into a problem. */
export class JsonSyntaxError extends Error {
  readonly position: TextPosition;

  constructor(message: string, position: TextPosition) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.position = position;
  }
}

/**
 * Reads JSON without positions, for files that `s3xrc configure` has already checked.
 * @throws SyntaxError
 */
export function readPlainJson(text: string): JsonText {
  return { value: JSON.parse(stripByteOrderMark(text)), locate: () => undefined };
}

/** Some editors begin a file with a byte order mark. */
export function stripByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
