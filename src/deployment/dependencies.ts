import type { NotificationDependencies } from './bucket-notification.ts';
import type { CheckDependencies } from './check-buckets.ts';
import type { FunctionImageDependencies } from './function-image.ts';
import type { PriceDependencies } from './prices.ts';
import type { ReplicationDependencies } from './replication-rules.ts';

/** What the custom resources work with. */
export type DeploymentDependencies = NotificationDependencies &
  ReplicationDependencies &
  CheckDependencies &
  FunctionImageDependencies &
  PriceDependencies;

/** What lasts over many requests; how long there is patience is said by each. */
export type LastingDependencies = Omit<DeploymentDependencies, 'patience'>;
