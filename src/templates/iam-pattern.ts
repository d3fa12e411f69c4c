/**
 * S3 keys as IAM patterns: `*` and `?` are wildcards there and `$` begins a variable, so in a key they are written
 * as `${*}`, `${?}`, `${$}` (IAM user guide, "Policy elements: variables").
 */
export function keyPattern(prefix: string, suffix = ''): string {
  return `${escapeKey(prefix)}*${escapeKey(suffix)}`;
}

/** The pattern inside a text of `Fn::Sub`, which reads `${!x}` as a literal `${x}`. */
export function escapeForSub(pattern: string): string {
  return pattern.replaceAll('${', '${!');
}

/** A text after `Fn::Sub`, if it has only the known variables. */
export function substituteVariables(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(!?)([^}]*)\}/g, (found, literal: string, name: string) =>
    literal === '' ? (known[name] ?? found) : `\${${name}}`,
  );
}

/**
 * Every run of characters that are not plain ASCII becomes a wildcard, since IAM refuses documents with characters
 * above U+00FF. The wildcard is `*` and not one `?` per character: the documentation does not say whether `?` matches a
 * character, a UTF-16 unit or a byte, and a wrong count would deny every object of the rule. So such a pattern allows
 * slightly more of the same bucket.
 */
function escapeKey(key: string): string {
  return key.replace(/[*?$]|[^\x20-\x7e]+/g, (found) => (/^[*?$]$/.test(found) ? `\${${found}}` : '*'));
}
