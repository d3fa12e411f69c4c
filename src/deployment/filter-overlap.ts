/** The part of a notification that decides which events it matches. */
export interface EventFilter {
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** Characters that S3's filters do not encode (S3 user guide, "Safe characters"), and the slash. */
const NOT_SAFE = /[^A-Za-z0-9!\-_.*'()/]/gu;

/**
 * A prefix or suffix as S3 compares it with keys: a space is `+`, everything except the safe characters is
 * percent-encoded (S3 user guide, "Configuring event notifications using object key name filtering").
 */
export function encodeFilterValue(text: string): string {
  return text.replace(NOT_SAFE, (character) => (character === ' ' ? '+' : encodeURIComponent(character)));
}

/**
 * Whether S3 would refuse both on one bucket:
 *
 * | events in common | one prefix begins the other | one suffix ends the other | overlap |
 * |---|---|---|---|
 * | no | any | any | no |
 * | yes | no | any | no |
 * | yes | yes | no | no |
 * | yes | yes | yes | yes |
 */
export function filtersOverlap(left: EventFilter, right: EventFilter): boolean {
  return (
    left.events.some((event) => right.events.some((other) => covers(event, other) || covers(other, event))) &&
    (left.prefix.startsWith(right.prefix) || right.prefix.startsWith(left.prefix)) &&
    (left.suffix.endsWith(right.suffix) || right.suffix.endsWith(left.suffix))
  );
}

/** `s3:ObjectCreated:*` covers `s3:ObjectCreated:Put`. */
function covers(event: string, other: string): boolean {
  return event.endsWith('*') ? other.startsWith(event.slice(0, -1)) : event === other;
}
