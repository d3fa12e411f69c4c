import type { ReplicationRule } from '../configuration/rule.ts';
import type { PackItem } from './collect-objects.ts';
import { ObjectOverLimitsError, RunTimeExceededError } from './errors.ts';

/** No invocation can hold the object. @param wholeRun seconds that any invocation has */
export function overLimitsError(
  { object }: PackItem,
  predicted: number,
  wholeRun: number,
  rule: ReplicationRule,
): ObjectOverLimitsError {
  const { bucket, key, size } = object;
  const { maxObjectBytes } = rule.source;
  return new ObjectOverLimitsError(
    `s3://${bucket}/${key} (${size} bytes, ${Math.round(predicted)} s predicted) exceeds the limits of an invocation ` +
      `(${maxObjectBytes} bytes, ${Math.round(wholeRun)} s). Raise max_object_mib or the function's memory, or lower the level.`,
    { context: { bucket, key, size, predictedSeconds: Math.round(predicted), limitBytes: maxObjectBytes } },
  );
}

/** Only the speed that this process has learned forbids the object. */
export function overMeasuredSpeedError(
  { object }: PackItem,
  predicted: number,
  unlearned: number,
): ObjectOverLimitsError {
  const { bucket, key, size } = object;
  return new ObjectOverLimitsError(
    `s3://${bucket}/${key} (${size} bytes) would take ${Math.round(predicted)} s at the speed of this process so far, and ` +
      `${Math.round(unlearned)} s at the usual one. It is retried; raise the function's memory if it repeats.`,
    { context: { bucket, key, size, predictedSeconds: Math.round(predicted) } },
  );
}

/** The invocation ended in the middle of an archive. */
export function runTimeExceededError(items: readonly PackItem[], seconds: number): RunTimeExceededError {
  const [first] = items;
  const { bucket, key } = first?.object ?? { bucket: '', key: '' };
  return new RunTimeExceededError(
    `An archive of ${items.length} objects, s3://${bucket}/${key} among them, was not finished in the ${Math.round(seconds)} s that this invocation had left`,
    { context: { bucket, key, objects: items.length, seconds: Math.round(seconds) } },
  );
}
