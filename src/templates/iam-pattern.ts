/**
 * Keys of S3 as IAM writes patterns: `*` and `?` are wildcards there and `$` begins a variable, so that a key that has
 * them names them as `${*}`, `${?}`, `${$}` (IAM user guide, "Policy elements: variables").
 */
export function keyPattern(prefix: string, suffix = ''): string {
  return `${escapeKey(prefix)}*${escapeKey(suffix)}`;
}

/** The pattern inside a text of `Fn::Sub`, which reads `${!x}` as a literal `${x}`. */
export function inSub(pattern: string): string {
  return pattern.replaceAll('${', '${!');
}

/** A text as `Fn::Sub` leaves it, where it has no other variables than the known ones. */
export function fillIn(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(!?)([^}]*)\}/g, (found, literal: string, name: string) =>
    literal === '' ? (known[name] ?? found) : `\${${name}}`,
  );
}

/**
 * What a policy cannot hold (IAM refuses documents with characters above U+00FF) becomes a wildcard, and with it all that is not
 * plain ASCII. It is `*` and not one `?` a character: nowhere does IAM say whether `?` counts characters, UTF-16 units or bytes, and
 * a count that is wrong would refuse every object of the rule. So such a pattern allows a little more of the same bucket.
 */
function escapeKey(key: string): string {
  return key.replace(/[*?$]|[^\x20-\x7e]+/g, (found) => (/^[*?$]$/.test(found) ? `\${${found}}` : '*'));
}
