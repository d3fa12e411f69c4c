import { expect, it } from '@jest/globals';
import { encodeText, readElements, readText } from '../../../../src/aws/s3/xml.ts';

it('reads the text of all elements with a name, and decodes entities', () => {
  const xml = '<Tags><Tag><Key>a&amp;b</Key></Tag><Tag><Key>&lt;&#62;&#x1F642;&quot;&apos;</Key></Tag></Tags>';
  expect(readElements(xml, 'Tag').map((tag) => readText(tag, 'Key'))).toEqual(['a&b', '<>🙂"\'']);
});

it('distinguishes an empty element from a missing one', () => {
  expect(readText('<A><Value/></A>', 'Value')).toBe('');
  expect(readText('<A><Value></Value></A>', 'Value')).toBe('');
  expect(readText('<A></A>', 'Value')).toBeUndefined();
});

it('is not misled by names with the same beginning', () => {
  expect(readText('<Keys>1</Keys><Key attribute="x">2</Key>', 'Key')).toBe('2');
});

it('writes text that reads back unchanged', () => {
  const text = `"<&'>"`;
  expect(readText(`<T>${encodeText(text)}</T>`, 'T')).toBe(text);
});
