import type { Configuration } from '../../configuration/load.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { AwsClients } from '../command/aws-clients.ts';
import type { Identity } from '../deploy/read-identity.ts';
import type { Deployments } from './deployments.ts';
import type { Diagnosis } from './diagnosis.ts';

/** What the checks look at. */
export interface Patient {
  readonly configuration: Configuration;
  /** Of the configuration files. */
  readonly folder: string;
  /** The regions that are looked at. */
  readonly plans: readonly RegionPlan[];
  readonly identity: Identity;
  readonly clients: AwsClients;
  readonly deployments: Deployments;
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One look, which changes nothing. */
export interface Check {
  /** Named when nothing could be seen. */
  readonly subject: string;
  /** Permissions that it takes, for whoever has not got them. */
  readonly takes: string;
  /** What it throws means that nothing could be seen. */
  readonly run: (signal: AbortSignal) => Promise<readonly Diagnosis[]>;
}

/** Checks that belong together. */
export interface CheckGroup {
  /** One word, as `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** False: it looks at nothing in AWS, so that it works without credentials. */
  readonly needsAccount?: false;
  readonly checksOf: (patient: Patient) => readonly Check[];
}
