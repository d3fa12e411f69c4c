import { Call, isList, type Yaml, type YamlObject } from './yaml.ts';

/**
 * `sam deploy` does not upload the template as it is written: it reads it, writes each short form (`!Sub`) in its long
 * form, adds a metadata entry to each resource, and replaces paths of nested templates with the URLs of their
 * uploads. CloudFormation's limit applies to the result, which is 11 to 19% larger.
 */
export interface PackagedTemplate {
  /** Everything but the resources. */
  readonly frame: YamlObject;
  readonly resources: YamlObject;
  /** Beginning of the keys that SAM uploads under. */
  readonly uploadPrefix: string;
}

/** `https://s3.REGION.amazonaws.com/BUCKET/PREFIX/DIGEST.template`, with the longest possible region and bucket. */
const UPLOAD_ADDRESS = 'https://s3.ap-southeast-2.amazonaws.com/'.length + 63 + '//'.length + 32 + '.template'.length;
/** PyYAML folds plain and quoted scalars that have spaces, at this column. */
const FOLDED_AT = 80;
/** Characters per line of a quoted text, which is broken only past that column; the lines of a dashboard have 80. */
const QUOTED_PER_LINE = 76;

/** Bytes of the template as SAM uploads it: never fewer, and at most a few percent more. */
export function packagedSize({ frame, resources, uploadPrefix }: PackagedTemplate): number {
  const metadata = Object.keys(resources).map((name) => '    Metadata:\n      SamResourceId: \n'.length + name.length);
  const uploads = Object.values(resources).filter(
    (resource) => typeof resource === 'object' && JSON.stringify(resource).includes('AWS::Serverless::Application'),
  );
  return (
    mappingSize(frame, 0) +
    'Resources:\n'.length +
    mappingSize(resources, 2) +
    metadata.reduce((sum, size) => sum + size, 0) +
    uploads.length * (UPLOAD_ADDRESS + Buffer.byteLength(uploadPrefix))
  );
}

/** Bytes of `key: value` lines at an indent. */
function mappingSize(mapping: YamlObject, indent: number): number {
  return Object.entries(mapping).reduce(
    (sum, [key, value]) => sum + indent + scalarSize(key, indent) + ':'.length + valueSize(value, indent),
    0,
  );
}

/** The value after a key: the rest of its line, or lines of its own. */
function valueSize(value: Yaml, indent: number): number {
  if (value instanceof Call) return valueSize(longForm(value), indent);
  if (isList(value)) {
    // `[]` on the line, or items that are not indented any further.
    return value.length === 0 ? ' []\n'.length : '\n'.length + itemsSize(value, indent);
  }
  if (typeof value !== 'object') return ' \n'.length + scalarSize(value, indent);
  return Object.keys(value).length === 0 ? ' {}\n'.length : '\n'.length + mappingSize(value, indent + 2);
}

function itemsSize(items: readonly Yaml[], indent: number): number {
  return items.reduce<number>((sum, item) => {
    const plain = item instanceof Call ? longForm(item) : item;
    if (isList(plain)) return sum + indent + '- '.length + itemsSize(plain, indent + 2);
    // The first key follows the dash, the others are below it.
    if (typeof plain === 'object') return sum + mappingSize(plain, indent + 2);
    return sum + indent + '- \n'.length + scalarSize(plain, indent);
  }, 0);
}

function longForm({ name, argument }: Call): YamlObject {
  if (name === 'Ref' || name === 'Condition') return { [name]: argument };
  const dot = typeof argument === 'string' ? argument.indexOf('.') : -1;
  if (name === 'GetAtt' && typeof argument === 'string' && dot > 0) {
    return { 'Fn::GetAtt': [argument.slice(0, dot), argument.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: argument };
}

/** With quotes (doubled inside the text), escapes for non-ASCII characters, and the indent of folded lines. */
function scalarSize(value: string | number | boolean, indent: number): number {
  if (typeof value !== 'string') return String(value).length;
  if (value.includes('\n')) return doubleQuotedSize(value, indent);
  const text = value.replace(/[^\x20-\x7e]/gu, (found) => (found.length > 1 ? '\\U00000000' : '\\u0000'));
  const isPlain = /^[A-Za-z][A-Za-z0-9_./:-]*$/.test(value) && !value.includes(': ');
  const quotes = isPlain ? 0 : 2 + (value.match(/'/g)?.length ?? 0);
  const folds = Math.min(value.split(' ').length - 1, Math.floor(text.length / (FOLDED_AT - indent))) * (indent + 4);
  return text.length + quotes + folds;
}

/** PyYAML's form of a text of several lines: escaped as in JSON, a backslash at the end of each line and the indent before the next. */
function doubleQuotedSize(value: string, indent: number): number {
  const escaped = JSON.stringify(value).length;
  return escaped + Math.ceil(escaped / QUOTED_PER_LINE) * (indent + '\\\n  \\'.length);
}
