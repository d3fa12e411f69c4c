import type { CheckGroup } from './check.ts';
import { ALARM_CHECKS } from './checks/alarms.ts';
import { ARCHIVE_CHECKS } from './checks/archives.ts';
import { BUCKET_CHECKS } from './checks/buckets.ts';
import { CLOCK_CHECKS } from './checks/clock.ts';
import { CONFIGURATION_CHECKS } from './checks/configuration.ts';
import { DELETION_CHECKS } from './checks/deletions.ts';
import { FALLBACK_CHECKS } from './checks/fallback.ts';
import { FUNCTION_CHECKS } from './checks/functions.ts';
import { IDENTITY_CHECKS } from './checks/identity.ts';
import { KEY_CHECKS } from './checks/keys.ts';
import { MACHINE_CHECKS } from './checks/machine.ts';
import { QUEUE_CHECKS } from './checks/queues.ts';
import { QUOTA_CHECKS } from './checks/quotas.ts';
import { REGION_CHECKS } from './checks/regions.ts';
import { REPLICATION_CHECKS } from './checks/replication.ts';
import { REPOSITORY_CHECKS } from './checks/repository.ts';
import { STACK_CHECKS } from './checks/stacks.ts';
import { SUBSCRIPTION_CHECKS } from './checks/subscriptions.ts';
import { UPLOAD_CHECKS } from './checks/uploads.ts';
import { VERIFICATION_CHECKS } from './checks/verification.ts';

/**
 * Every group of checks, in the order in which they are printed: first the requirements of a deployment, then its
 * state.
 */
export const CHECK_GROUPS: readonly CheckGroup[] = [
  CONFIGURATION_CHECKS,
  IDENTITY_CHECKS,
  CLOCK_CHECKS,
  REGION_CHECKS,
  BUCKET_CHECKS,
  KEY_CHECKS,
  QUOTA_CHECKS,
  FALLBACK_CHECKS,
  MACHINE_CHECKS,
  STACK_CHECKS,
  FUNCTION_CHECKS,
  REPOSITORY_CHECKS,
  QUEUE_CHECKS,
  DELETION_CHECKS,
  REPLICATION_CHECKS,
  ARCHIVE_CHECKS,
  UPLOAD_CHECKS,
  VERIFICATION_CHECKS,
  ALARM_CHECKS,
  SUBSCRIPTION_CHECKS,
];
