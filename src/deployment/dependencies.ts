import type { NotificationDependencies } from './bucket-notification.ts';
import type { CheckDependencies } from './check-buckets.ts';
import type { FunctionImageDependencies } from './function-image.ts';
import type { PriceDependencies } from './read-prices.ts';
import type { ReplicationDependencies } from './replication-rules.ts';

/** What the custom resources work with. */
export type DeploymentDependencies = NotificationDependencies &
  ReplicationDependencies &
  CheckDependencies &
  FunctionImageDependencies &
  PriceDependencies;

/** The dependencies that are kept for many requests; each request says how long to retry. */
export type LastingDependencies = Omit<DeploymentDependencies, 'patience'>;
