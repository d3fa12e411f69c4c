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

function escapeKey(key: string): string {
  return key.replace(/[*?$]/g, (character) => `\${${character}}`);
}
