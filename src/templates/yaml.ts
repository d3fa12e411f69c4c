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
 * `!Sub` of a long text, written on lines of its own and read as one line with spaces between them. SAM writes a text of several
 * lines with a backslash before every quote, one of a single line without.
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

/** What YAML reads back as the same text without quotes. Everything else is quoted as JSON, which YAML reads alike. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][A-Za-z0-9_./-]*(?:::?[A-Za-z0-9_./-]+)*$/i;

/** Block style, two spaces per level, keys in the order given. Ends in a newline. */
export function renderYaml(value: YamlObject, indent = ''): string {
  return Object.entries(value)
    .map(([key, item]) => `${indent}${scalar(key)}:${renderValue(item, indent)}`)
    .join('');
}

/** What follows a key: on its line, or as a block below it. */
function renderValue(value: Yaml, indent: string): string {
  if (isBlock(value)) {
    return Array.isArray(value)
      ? `\n${renderItems(value, `${indent}  `)}`
      : `\n${renderYaml(value as YamlObject, `${indent}  `)}`;
  }
  if (value instanceof FoldedSub) return ` !Sub >-\n${indented(value.lines, indent)}`;
  return ` ${inline(value)}\n`;
}

/** All at one indent: a folded block would keep the line break before a line that is indented further. */
function indented(lines: readonly string[], indent: string): string {
  return lines.map((line) => `${indent}  ${line}\n`).join('');
}

function renderItems(items: readonly Yaml[], indent: string): string {
  return items
    .map((item) =>
      isBlock(item) && !Array.isArray(item)
        ? `${indent}- ${renderYaml(item as YamlObject, `${indent}  `).trimStart()}`
        : `${indent}- ${inline(item)}\n`,
    )
    .join('');
}

/** Lists of more than one value and objects that are not empty go below their key. */
function isBlock(value: Yaml): boolean {
  if (typeof value !== 'object' || value instanceof Call) return false;
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

function inline(value: Yaml): string {
  if (value instanceof Call) {
    const { name, argument } = value;
    return `!${name} ${typeof argument === 'string' ? scalar(argument) : inline(argument)}`;
  }
  if (Array.isArray(value)) return `[${value.map((item: Yaml) => inline(item)).join(', ')}]`;
  if (typeof value === 'object') return '{}';
  return scalar(value);
}

function scalar(value: Yaml): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return PLAIN.test(value) ? value : JSON.stringify(value).replace(NOT_JSON_ALONE, escapeUnit);
}

/** What JSON has as it is, but YAML refuses or takes for the end of a line. */
const NOT_JSON_ALONE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
