import { inspect } from 'node:util';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { CompressorError } from '../../errors.ts';

/** SQS's limit per message. */
const MAX_ATTRIBUTES = 10;
/** Max characters of one value: enough for a reason, and few enough to leave room for a body of 1 MiB. */
const MAX_LENGTH = 2048;
/** SQS refuses everything except tabs, line ends and the characters that XML 1.0 allows. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/**
 * Why a message was dead-lettered, for people and redrive tools: `code`, `reason`, `cause`, `bucket` and `key` come
 * first, then as much of the rest of the error's context as SQS has room for. Empty values are left out, since SQS
 * refuses them.
 */
export function describeDeadLetter(reason: CompressorError): Record<string, MessageAttributeValue> {
  const { bucket, key, ...rest } = reason.context;
  const cause = describeCause(reason.cause);
  const first = { code: reason.code, reason: reason.message, cause, bucket, key };
  const attributes: [name: string, value: MessageAttributeValue][] = [];
  for (const [name, value] of Object.entries({ ...first, ...rest, ...first })) {
    const text = sanitizeValue(String(value ?? ''));
    if (text !== '') attributes.push([sanitizeName(name), { DataType: 'String', StringValue: text }]);
  }
  return Object.fromEntries(attributes.slice(0, MAX_ATTRIBUTES));
}

/** The chain of causes, the nearest first. */
function describeCause(cause: unknown): string {
  const chain: string[] = [];
  let current = cause;
  while (current instanceof Error && chain.length < MAX_ATTRIBUTES) {
    chain.push(`${current.name}: ${current.message}`);
    current = current.cause;
  }
  if (current !== undefined && !(current instanceof Error)) chain.push(inspect(current));
  return chain.join(' <- ');
}

function sanitizeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** Forbidden characters become visible escapes, so that two keys that differ in them stay apart. */
function sanitizeValue(value: string): string {
  const escaped = value.replace(FORBIDDEN, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return escaped.length <= MAX_LENGTH ? escaped : `${escaped.slice(0, MAX_LENGTH - 1).toWellFormed()}…`;
}
