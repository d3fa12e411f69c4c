import type { Configuration } from '../../configuration/read-configuration.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { AccountNotReadyError } from '../command/errors.ts';
import type { Identity } from './read-identity.ts';

/** The planned deployment, and who deploys. */
export interface ExaminedDeployment {
  readonly configuration: Configuration;
  /** Regions to deploy. */
  readonly plans: readonly RegionPlan[];
  readonly identity: Identity;
}

/** What AWS would refuse, either in the deployment or in the handling of objects later. */
export interface Examination {
  /** The problems as text; empty if there are none. */
  readonly text: string;
  /** A sentence for each problem that would make the deployment fail. */
  readonly obstacles: readonly string[];
}

/** Examines the account without changing it. Things that cannot be read do not stop it. */
export type ExamineAccount = (deployment: ExaminedDeployment, signal: AbortSignal) => Promise<Examination>;

/**
 * Prints the problems of the account.
 * @throws AccountNotReadyError when CloudFormation would fail, minutes later
 */
export async function refuseUnreadyAccount(
  examine: ExamineAccount,
  deployment: ExaminedDeployment,
  { print, signal }: Pick<CommandContext, 'print' | 'signal'>,
): Promise<void> {
  const { text, obstacles } = await examine(deployment, signal);
  if (text !== '') await print(`${text}\n`);
  if (obstacles.length === 0) return;
  throw new AccountNotReadyError(
    `The deployment would fail: ${obstacles.join(' ')} The fixes are listed above; \`s3xrc doctor\` checks again. Nothing was built or changed.`,
    { context: { obstacles: obstacles.length } },
  );
}
