import type { Configuration } from '../../configuration/load.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { AccountNotReadyError } from '../command/errors.ts';
import type { Identity } from './read-identity.ts';

/** What is going to be deployed, and by whom. */
export interface ExaminedDeployment {
  readonly configuration: Configuration;
  /** Regions that are deployed. */
  readonly plans: readonly RegionPlan[];
  readonly identity: Identity;
}

/** What AWS would refuse of a deployment, or of the objects later. */
export interface Examination {
  /** What was found and is not well, for people; empty when all is. */
  readonly text: string;
  /** What a deployment would fail at, each in a sentence. */
  readonly obstacles: readonly string[];
}

/** Looks at the account and changes nothing. What cannot be seen does not stop it. */
export type ExamineAccount = (deployment: ExaminedDeployment, signal: AbortSignal) => Promise<Examination>;

/**
 * Prints what is not well in the account.
 * @throws AccountNotReadyError when CloudFormation would fail, minutes later
 */
export async function refuseObstacles(
  examine: ExamineAccount,
  deployment: ExaminedDeployment,
  { print, signal }: Pick<CommandContext, 'print' | 'signal'>,
): Promise<void> {
  const { text, obstacles } = await examine(deployment, signal);
  if (text !== '') await print(`${text}\n`);
  if (obstacles.length === 0) return;
  throw new AccountNotReadyError(
    `The deployment would fail: ${obstacles.join(' ')} What fixes it is above; \`s3xrc doctor\` looks again. Nothing was built or changed.`,
    { context: { obstacles: obstacles.length } },
  );
}
