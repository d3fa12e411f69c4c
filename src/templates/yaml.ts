import { Document, type Node, Pair, Scalar, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

/** A value of the template: JSON, and the short forms of CloudFormation's functions. */
export type Yaml = string | number | boolean | Call | readonly Yaml[] | YamlObject;

export interface YamlObject {
  readonly [key: string]: Yaml;
}

/** `!Name argument`. */
export class Call {
  readonly name: string;
  readonly argument: string | readonly Yaml[];

  constructor(name: string, argument: string | readonly Yaml[]) {
    this.name = name;
    this.argument = argument;
  }
}

export function ref(name: string): Call {
  return new Call('Ref', name);
}

export function getAtt(resource: string, attribute: string): Call {
  return new Call('GetAtt', `${resource}.${attribute}`);
}

/**
 * `!Sub` of a long text, written on several lines and read as one line with spaces between them. SAM writes a text of
 * several lines with a backslash before every quote, one of a single line without.
 */
export class FoldedSub extends Call {
  readonly lines: readonly string[];

  /** @param lines that neither begin nor end with a space, nor are empty */
  constructor(lines: readonly string[]) {
    super('Sub', lines.join(' '));
    this.lines = lines;
  }
}

/** @param text with `${...}` for CloudFormation to fill in; `${!...}` is literal */
export function sub(text: string): Call {
  return new Call('Sub', text);
}

/** Text that every YAML parser reads the same without quotes. Everything else is quoted as in JSON. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][A-Za-z0-9_./-]*(?:::?[A-Za-z0-9_./-]+)*$/i;

/** Characters that JSON allows, but that YAML 1.1 refuses or treats as the end of a line. */
const NOT_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The lines unchanged, all at one indent; the library would fold them at a column. */
const FOLDED_SUB: ScalarTag = {
  tag: '!FoldedSub',
  identify: (value) => value instanceof FoldedSub,
  resolve: (text) => text,
  stringify: ({ value }, { indent }) => ['>-', ...(value as FoldedSub).lines].join(`\n${indent}`),
};

/** Block style, two spaces per level, keys in the order given. Ends in a newline; nothing for an object without keys. */
export function renderYaml(value: YamlObject, indent = ''): string {
  if (Object.keys(value).length === 0) return '';
  const document = new Document(nodeOf(value), { customTags: [FOLDED_SUB] });
  return document
    .toString({ lineWidth: 0, flowCollectionPadding: false, doubleQuotedAsJSON: true })
    .replace(NOT_YAML, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/^(?=.)/gm, indent);
}

/** @param flow whether a list is written on one line: as an argument of a call, or inside another list */
function nodeOf(value: Yaml, flow = false): Node {
  if (value instanceof Call) {
    const node = value instanceof FoldedSub ? new Scalar(value) : nodeOf(value.argument, true);
    return Object.assign(node, { tag: `!${value.name}` });
  }
  if (isList(value)) {
    const list = new YAMLSeq<Node>();
    list.items = value.map((item) => nodeOf(item, isList(item)));
    return Object.assign(list, { flow: flow || value.length === 0 });
  }
  if (typeof value === 'object') {
    const map = new YAMLMap<Node, Node>();
    map.items = Object.entries(value).map(([key, item]) => new Pair(nodeOf(key), nodeOf(item)));
    return map;
  }
  const type = typeof value !== 'string' || PLAIN.test(value) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
  return Object.assign(new Scalar(value), { type });
}

/** Narrows the type, which Array.isArray does not. */
export function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}
