import { readText } from './xml.ts';

/** An element directly inside another. */
export interface XmlChild {
  readonly name: string;
  /** Unchanged, with its tags. */
  readonly text: string;
  /** Between the tags. */
  readonly content: string;
}

const TAG = /<(\/?)([^\s/>?!]+)[^>]*?(\/?)>/g;

/**
 * The elements directly inside the root of a document, each unchanged, so that elements that we do not know can be sent
 * back as they are. S3's configurations have neither comments nor CDATA.
 */
export function splitRoot(document: string): XmlChild[] {
  return splitElements(document).flatMap(({ content }) => splitElements(content));
}

/** The elements at the top of a text. */
export function splitElements(xml: string): XmlChild[] {
  const children: XmlChild[] = [];
  let depth = 0;
  let open = { start: 0, contentStart: 0, name: '' };
  for (const { 0: tag, 1: closing = '', 2: name = '', 3: empty = '', index } of xml.matchAll(TAG)) {
    const end = index + tag.length;
    if (closing !== '') depth -= 1;
    else if (depth === 0) open = { start: index, contentStart: end, name };
    if (closing === '' && empty === '') depth += 1;
    if (depth > 0 || (closing === '' && empty === '')) continue;
    const contentEnd = closing === '' ? open.contentStart : index;
    children.push({
      name: open.name,
      text: xml.slice(open.start, end),
      content: xml.slice(open.contentStart, contentEnd),
    });
  }
  return children;
}

/** The decoded text at a path of element names inside a text; empty when there is none. */
export function readPath(xml: string, ...names: readonly string[]): string {
  let text = xml;
  for (const name of names.slice(0, -1)) {
    text = splitElements(text).find((child) => child.name === name)?.content ?? '';
  }
  const last = names.at(-1) ?? '';
  const leaf = splitElements(text).find((child) => child.name === last)?.text ?? '';
  return readText(leaf, last) ?? '';
}

/** The decoded texts of all elements of a name at the top of a text. */
export function readAll(xml: string, name: string): string[] {
  return splitElements(xml)
    .filter((child) => child.name === name)
    .map(({ text }) => readText(text, name) ?? '');
}
