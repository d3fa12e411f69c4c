import * as z from 'zod';
import { parseJson } from '../json.ts';
import { InvalidMessageError } from './errors.ts';

/** Keys in S3 notifications are form-encoded: `+` is a space, the rest is percent-encoded UTF-8. @throws InvalidMessageError */
export function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidMessageError(`The key "${encoded}" is not URL-encoded UTF-8`, {
      cause,
      context: { key: encoded },
    });
  }
}

/** @throws InvalidMessageError */
function parseBody(body: string): unknown {
  return parseJson(body, (cause) => new InvalidMessageError('The message is not JSON', { cause }));
}

const topicEnvelope = z.object({ Type: z.literal('Notification'), TopicArn: z.string(), Message: z.string() });

/**
 * The JSON of a notification. Between S3 and the queue there may be an SNS topic, which wraps it as text in an envelope
 * unless the subscription uses raw delivery (Amazon SNS developer guide, "HTTP/HTTPS notification JSON format"; the
 * same in SQS).
 * @throws InvalidMessageError
 */
export function readNotificationBody(body: string): unknown {
  const json = parseBody(body);
  const envelope = topicEnvelope.safeParse(json);
  return envelope.success ? parseBody(envelope.data.Message) : json;
}

/** @throws InvalidMessageError that names the first field that is wrong */
export function parseWithSchema<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first?.path.join('.') ?? '';
  throw new InvalidMessageError(`The notification is not valid at "${where}": ${first?.message ?? ''}`, {
    cause: result.error,
    context: { path: where },
  });
}
