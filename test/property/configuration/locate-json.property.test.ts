import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonSyntaxError } from '../../../src/configuration/schema/json-text.ts';
import { locateJson } from '../../../src/configuration/schema/locate-json.ts';

/** The value, or undefined if the text is not JSON. */
function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

describe('locateJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (text, spaces) => {
        const spread = JSON.stringify(JSON.parse(text), null, spaces);
        expect(locateJson(spread).value).toEqual(JSON.parse(spread));
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    const change = fc.record({
      at: fc.nat(),
      remove: fc.nat(2),
      insert: fc.constantFrom('', ',', '"', '}', '0', '\\', '\n', '\u0001'),
    });
    fc.assert(
      fc.property(fc.json({ maxDepth: 2 }), change, (text, { at, remove, insert }) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + insert + text.slice(place + remove);
        fc.pre(!String(messageOf(changed)).includes('duplicate key'));
        expect(outcome(() => locateJson(changed).value)).toEqual(outcome(() => JSON.parse(changed)));
      }),
      { numRuns: 1000 },
    );
  });
});

function messageOf(text: string): string | undefined {
  try {
    locateJson(text);
  } catch (error) {
    return error instanceof Error ? error.message : undefined;
  }
  return undefined;
}
