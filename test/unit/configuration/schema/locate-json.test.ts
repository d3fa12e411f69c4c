import { describe, expect, test } from '@jest/globals';
import { JsonSyntaxError } from '../../../../src/configuration/schema/json-text.ts';
import { locateJson } from '../../../../src/configuration/schema/locate-json.ts';

function failureOf(text: string): string | undefined {
  try {
    locateJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return `${error.position.line}:${error.position.column} ${error.message}`;
  }
  return undefined;
}

describe('locateJson', () => {
  test('returns the position of each value', () => {
    const { value, locate } = locateJson('{\n  "a": [1,\n    { "b": null }],\r\n\t"c": "x"\n}');
    expect(value).toEqual({ a: [1, { b: null }], c: 'x' });
    expect(locate([])).toEqual({ line: 1, column: 1 });
    expect(locate(['a', 0])).toEqual({ line: 2, column: 9 });
    expect(locate(['a', 1, 'b'])).toEqual({ line: 3, column: 12 });
    expect(locate(['c'])).toEqual({ line: 4, column: 7 });
  });

  test('returns the position around a missing value', () => {
    expect(locateJson('{ "a": {} }').locate(['a', 'b', 'c'])).toEqual({ line: 1, column: 8 });
  });

  test.each([
    ['', '1:1 invalid JSON: expected a value, found the end of the file'],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3 invalid JSON: expected a comma or }, found "b":'],
    ['{ "a": 1, }', '1:11 invalid JSON: a comma is not allowed before }'],
    ['[1, 2', '1:6 invalid JSON: expected a comma or ], found the end of the file'],
    ["{ 'a': 1 }", "1:3 invalid JSON: expected a key in double quotes, found 'a':"],
    ['{ "a" 1 }', '1:7 invalid JSON: expected a colon after the key, found 1'],
    ['{} // done', '1:4 invalid JSON: expected the end of the file after the last closing bracket, found //'],
    ['{ "a": "x\ny" }', '1:8 invalid JSON: expected a value, found "x'],
    ['{ "a": 1, "a": 2 }', '1:11 invalid JSON: duplicate key "a"'],
  ])('says where %j is not valid JSON', (text, expected) => {
    expect(failureOf(text)).toBe(expected);
  });
});
