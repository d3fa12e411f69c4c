import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfiguration } from '../../configuration/load.ts';
import { CompressorError } from '../../errors.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import { AwsClients } from '../command/aws-clients.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { UsageError } from '../command/errors.ts';
import { withMeter } from '../command/meter.ts';
import { integerBetween } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { raceAbort } from '../command/race-abort.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { terminalStyle } from '../command/terminal-style.ts';
import { regionFilter } from '../deploy/choose-regions.ts';
import { type Identity, readIdentity } from '../deploy/read-identity.ts';
import type { CheckContext, CheckGroup } from './check.ts';
import { IDENTITY_CHECKS } from './checks/identity.ts';
import { Deployments } from './deployments.ts';
import { failure } from './diagnosis.ts';
import { CHECK_GROUPS } from './groups.ts';
import {
  countByStatus,
  diagnosesDocument,
  type GroupDiagnoses,
  MAX_TIMEOUT,
  renderDiagnoses,
} from './render-diagnoses.ts';
import { runGroups } from './run-checks.ts';

interface Flags {
  readonly configuration: string;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly only?: readonly string[];
  readonly problems?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** Inputs other than AWS. */
export type DoctorWorld = Pick<CheckContext, 'now' | 'environment'>;

const DEFAULT_SECONDS = 20;

/**
 * `s3xrc doctor`: checks everything that replication depends on, before and after a deployment. Changes nothing.
 * @returns 1 when any finding is a failure
 * @throws UsageError, InvalidConfigurationError
 */
export async function runDoctor(
  args: readonly string[],
  context: CommandContext,
  world: DoctorWorld = { now: Date.now, environment: process.env },
): Promise<number> {
  const printed: Promise<void>[] = [];
  const command = new Command(`${context.program} doctor`)
    .description(
      'Check everything that replication depends on, before and after a deployment, and print the command that fixes each problem. Changes nothing.',
    )
    .option('--only <group...>', `only these groups: ${CHECK_GROUPS.map(({ name }) => name).join(', ')}`)
    .option('--problems', 'show only problems')
    .option(
      '--timeout <seconds>',
      'time limit of each check',
      integerBetween('A timeout', 1, MAX_TIMEOUT),
      DEFAULT_SECONDS,
    )
    .addOption(sharedOptions.regions('only these regions'))
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration())
    .addOption(sharedOptions.json());
  const flags = parseCommand(command, args, (text) => printed.push(context.print(text)))?.opts<Flags>();
  await Promise.all(printed);
  if (flags === undefined) return 0;
  const clients = new AwsClients(flags.profile, flags.timeout * 1000);
  try {
    const { groups, identity } = await examine(flags, clients, context, world);
    const options = { problemsOnly: flags.problems === true, timeout: flags.timeout };
    const text =
      flags.json === true
        ? diagnosesDocument(groups, identity, options)
        : renderDiagnoses(groups, terminalStyle(process.stdout, process.env), options);
    await context.print(text);
    return countByStatus(groups).failure === 0 ? 0 : 1;
  } finally {
    clients.close();
  }
}

interface DoctorRun {
  readonly groups: readonly GroupDiagnoses[];
  /** Absent if AWS accepts no credentials. */
  readonly identity?: Identity;
}

async function examine(
  flags: Flags,
  clients: AwsClients,
  context: CommandContext,
  world: DoctorWorld,
): Promise<DoctorRun> {
  const chosen = chooseGroups(flags.only);
  const folder = resolve(flags.configuration);
  const configuration = await loadConfiguration(folder);
  const all = planRegions(configuration);
  const isAsked = regionFilter(
    flags.region,
    all.map(({ region }) => region),
  );
  const plans = all.filter(({ region }) => isAsked(region));
  const [first] = plans;
  const identity =
    first === undefined ? undefined : await raceAbort(findIdentity(first.region, clients), context.signal);
  const checkContext: CheckContext = {
    configuration,
    folder,
    plans,
    identity: identity instanceof CompressorError || identity === undefined ? { account: '', arn: '' } : identity,
    clients,
    deployments: new Deployments(clients, configuration.settings.stack_name),
    ...world,
  };
  const timeLimit = (): AbortSignal => AbortSignal.timeout(flags.timeout * 1000);
  if (identity instanceof CompressorError) {
    const groups = chosen.filter(({ needsAccount }) => needsAccount === false);
    const { name, title } = IDENTITY_CHECKS;
    const fix = 'set AWS_PROFILE, pass --profile, or log in with the AWS CLI';
    const stranger = { name, title, findings: [failure('account', identity.message, fix)] };
    return { groups: [...(await lookWithMeter(groups, checkContext, timeLimit, context)), stranger] };
  }
  const groups = await lookWithMeter(chosen, checkContext, timeLimit, context);
  return identity === undefined ? { groups } : { groups, identity };
}

/** All checks of all groups at once. */
function lookWithMeter(
  groups: readonly CheckGroup[],
  checkContext: CheckContext,
  timeLimit: () => AbortSignal,
  context: CommandContext,
): Promise<GroupDiagnoses[]> {
  return withMeter(context, { what: 'Looking', unit: 'checks' }, (meter) => {
    const onDone = (done: number, all: number): void => {
      meter.reach(done, all);
    };
    return runGroups(groups, checkContext, { signal: context.signal, timeLimit, onDone });
  });
}

async function findIdentity(region: string, clients: AwsClients): Promise<Identity | CompressorError> {
  try {
    return await readIdentity(region, clients.sts(region));
  } catch (thrown) {
    if (thrown instanceof CompressorError) return thrown;
    throw thrown;
  }
}

/** @throws UsageError for a group that does not exist */
function chooseGroups(only: readonly string[] | undefined): readonly CheckGroup[] {
  if (only === undefined) return CHECK_GROUPS;
  const unknown = only.filter((name) => !CHECK_GROUPS.some((group) => group.name === name));
  if (unknown.length === 0) return CHECK_GROUPS.filter(({ name }) => only.includes(name));
  throw new UsageError(
    `unknown group ${unknown.join(', ')}; the groups are ${CHECK_GROUPS.map(({ name }) => name).join(', ')}`,
  );
}
