import type { Configuration } from '../../configuration/read-configuration.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { AwsClients } from '../command/aws-clients.ts';
import type { Identity } from '../deploy/read-identity.ts';
import type { Deployments } from './deployments.ts';
import type { Diagnosis } from './diagnosis.ts';

/** The deployment that the checks examine. */
export interface CheckContext {
  readonly configuration: Configuration;
  /** Of the configuration files. */
  readonly folder: string;
  /** The regions to examine. */
  readonly plans: readonly RegionPlan[];
  readonly identity: Identity;
  readonly clients: AwsClients;
  readonly deployments: Deployments;
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One check, which changes nothing. */
export interface Check {
  /** Subject of the finding if nothing could be read. */
  readonly subject: string;
  /** The permissions that it needs, listed if they are missing. */
  readonly takes: string;
  /** If it throws, nothing could be read. */
  readonly run: (signal: AbortSignal) => Promise<readonly Diagnosis[]>;
}

/** Checks that belong together. */
export interface CheckGroup {
  /** One word, as `--only` accepts it. */
  readonly name: string;
  readonly title: string;
  /** False: it reads nothing from AWS, so it works without credentials. */
  readonly needsAccount?: false;
  readonly checksOf: (context: CheckContext) => readonly Check[];
}
