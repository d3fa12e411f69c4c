import type { z } from 'zod';
import { parseJson } from '../json.ts';
import { MessageInvalidError } from './errors.ts';

/** Keys in S3 notifications are form-encoded: `+` is a space, the rest is percent-encoded UTF-8. @throws MessageInvalidError */
export function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new MessageInvalidError(`The key "${encoded}" is not URL-encoded UTF-8`, {
      cause,
      context: { key: encoded },
    });
  }
}

/** @throws MessageInvalidError */
export function parseBody(body: string): unknown {
  return parseJson(body, (cause) => new MessageInvalidError('The message is not JSON', { cause }));
}

/** @throws MessageInvalidError that names the first field that is wrong */
export function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first?.path.join('.') ?? '';
  throw new MessageInvalidError(`The notification is not valid at "${where}": ${first?.message ?? ''}`, {
    cause: result.error,
    context: { path: where },
  });
}
