/**
 * The value of a JSON text.
 * @param failure creates the error for a text that is not JSON
 * @throws what `failure` makes
 */
export function parseJson(text: string, failure: (cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure(cause);
  }
}

/** The value of a JSON text; undefined, which every schema refuses, for a text that is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
