import type { ReplicationRule } from './rule.ts';

/** CloudWatch refuses empty values of dimensions; this one stands for "all keys". */
const EVERYTHING = '*';

/** What a rule's metrics are told apart by: as many values as there are rules, however many objects and archives. */
export interface RuleDimensions {
  readonly SourceBucket: string;
  readonly SourcePrefix: string;
}

/** The functions that write metrics and the alarms that watch them have to agree in this. */
export function ruleDimensions({ source }: Pick<ReplicationRule, 'source'>): RuleDimensions {
  return { SourceBucket: source.bucket, SourcePrefix: source.prefix || EVERYTHING };
}
