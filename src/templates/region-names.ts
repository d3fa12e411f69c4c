import { createHash } from 'node:crypto';
import { logicalName } from './logical-name.ts';
import type { Yaml } from './yaml.ts';

/** Logical ids of one region: fixed words with the region's name appended. */
export function regionNames(region: string) {
  const suffix = logicalName(region);
  return {
    here: `In${suffix}`,
    sends: `SendsFrom${suffix}`,
    region: `Region${suffix}`,
    // Named after what it allows. When the last rule of a bucket is removed, so is its notification, and CloudFormation
    // deletes that after all updates. An updated policy would no longer allow it by then; a replaced one is deleted
    // only after the resources that depend on it.
    deploymentAccess: (statements: Yaml) => `DeploymentAccess${shortHash(JSON.stringify(statements))}${suffix}`,
    network: `Network${suffix}`,
    endpoints: `Endpoints${suffix}`,
    cluster: `Cluster${suffix}`,
    target: `Target${suffix}`,
    targetFallback: `TargetFallback${suffix}`,
    targetAccess: (index: number) => `TargetAccess${index + 1}${suffix}`,
    targetChecks: `TargetChecks${suffix}`,
    /** An output. */
    inboundBucket: `InboundBucket${suffix}`,
    source: `Source${suffix}`,
    sourceChecks: `SourceChecks${suffix}`,
    prices: `Prices${suffix}`,
    replication: `Replication${suffix}`,
    rule: (id: string) => `Rule${logicalName(id)}`,
    ruleFallback: (id: string) => `Fallback${logicalName(id)}`,
    dashboard: `Dashboard${suffix}`,
    /** The stack of a part, such as `WatermarkEuWest1`; its name is that in region-parts.ts. */
    part: (name: string) => `${logicalName(name)}${suffix}`,
    /** The policies of a part for the users' buckets. */
    partAccess: (name: string) => (index: number) => `${logicalName(name)}Access${index + 1}${suffix}`,
    watermarkAlarm: (id: string, region: string) => `Watermark${logicalName(id)}${logicalName(region)}`,
    verifySchedule: (id: string) => `VerifySchedule${logicalName(id)}`,
    clockAlarm: (id: string) => `VerifyClock${logicalName(id)}`,
    missingAlarm: (id: string) => `Missing${logicalName(id)}`,
    notification: (bucket: string) => `Notification${suffix}${logicalName(bucket)}${shortHash(bucket)}`,
    subscription: (address: string) => `AlarmMail${suffix}${shortHash(address)}`,
  };
}

/**
 * Keeps `a.b` and `a-b` apart, since logical ids allow neither character, and does not change when others are added.
 */
function shortHash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}
