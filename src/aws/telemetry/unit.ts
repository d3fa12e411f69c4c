import type { MetricUnit } from '@aws-lambda-powertools/metrics';

/** A unit that CloudWatch knows. */
export type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];
