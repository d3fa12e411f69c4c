import { AwsClients } from '../command/aws-clients.ts';
import { terminalStyle } from '../command/terminal-style.ts';
import type { Examination, ExaminedDeployment } from '../deploy/refuse-unready-account.ts';
import type { CheckContext, CheckGroup } from './check.ts';
import { BUCKET_POLICY_CHECKS } from './checks/buckets.ts';
import { FALLBACK_CHECKS } from './checks/fallback.ts';
import { Deployments } from './deployments.ts';
import { renderFindings } from './render-diagnoses.ts';
import { runGroups } from './run-checks.ts';

const SECONDS_PER_CHECK = 20;
/** Groups whose failures stop a deployment; the failures of others affect objects, and can be fixed later. */
const OBSTACLES: readonly CheckGroup[] = [FALLBACK_CHECKS];
const GROUPS: readonly CheckGroup[] = [...OBSTACLES, BUCKET_POLICY_CHECKS];

/** The checks of `s3xrc doctor` that every deployment needs. */
export async function examineAccount(
  { configuration, plans, identity }: ExaminedDeployment,
  signal: AbortSignal,
): Promise<Examination> {
  const clients = new AwsClients();
  const context: CheckContext = {
    configuration,
    folder: '',
    plans,
    identity,
    clients,
    deployments: new Deployments(clients, configuration.settings.stack_name),
    environment: process.env,
    now: Date.now,
  };
  try {
    const groups = await runGroups(GROUPS, context, {
      signal,
      timeLimit: () => AbortSignal.timeout(SECONDS_PER_CHECK * 1000),
      onDone: () => undefined,
    });
    const stopping = groups.filter(({ name }) => OBSTACLES.some((group) => group.name === name));
    return {
      text: renderFindings(groups, terminalStyle(process.stdout, process.env), { problemsOnly: true }),
      obstacles: stopping.flatMap(({ findings }) =>
        findings.filter(({ status }) => status === 'failure').map(({ subject, says }) => `${subject}: ${says}`),
      ),
    };
  } finally {
    clients.close();
  }
}
