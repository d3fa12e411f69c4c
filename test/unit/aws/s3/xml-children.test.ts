import { describe, expect, test } from '@jest/globals';
import { readAll, readPath, splitElements, splitRoot } from '../../../../src/aws/s3/xml-children.ts';

describe('splitRoot', () => {
  test('returns each element of the root unchanged', () => {
    const entries = ['<A b="1"><C>x &amp; y</C>\n <C/></A>', '<B/>', '<A><A>nested</A></A>', '<n:D xmlns:n="u" />'];
    const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Root xmlns="u">${entries.join('\n')}</Root>`;
    expect(splitRoot(document).map(({ text }) => text)).toEqual(entries);
    expect(splitRoot(document).map(({ name }) => name)).toEqual(['A', 'B', 'A', 'n:D']);
  });

  test.each(['', '<Root/>', '<Root></Root>', '<?xml version="1.0"?><Root xmlns="u"/>'])(
    'finds nothing in %j',
    (document) => {
      expect(splitRoot(document)).toEqual([]);
    },
  );
});

describe('splitElements', () => {
  test('separates the content from the tags', () => {
    expect(splitElements('<A>1</A><B/>').map(({ content }) => content)).toEqual(['1', '']);
  });
});

describe('readPath and readAll', () => {
  const rule = '<Metrics><Status>Enabled</Status></Metrics><Status>Disabled</Status><E>a&lt;</E><E>b</E>';

  test('read decoded text at their own depth only', () => {
    expect(readPath(rule, 'Status')).toBe('Disabled');
    expect(readPath(rule, 'Metrics', 'Status')).toBe('Enabled');
    expect(readAll(rule, 'E')).toEqual(['a<', 'b']);
  });

  test('read a missing element as empty', () => {
    expect(readPath(rule, 'Metrics', 'EventThreshold', 'Minutes')).toBe('');
    expect(readAll(rule, 'F')).toEqual([]);
  });
});
