import type { MetricUnit } from '@aws-lambda-powertools/metrics';

/** A unit that CloudWatch supports. */
export type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];
