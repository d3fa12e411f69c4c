import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { CloudWatchMetricReader } from '../../aws/cloudwatch/metric-reader.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { planRegions, type RegionPlan } from '../../templates/plan-regions.ts';
import { AwsClients } from '../command/aws-clients.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { type MeterOutput, withMeter } from '../command/meter.ts';
import { integerBetween } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { raceAbort } from '../command/race-abort.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { terminalStyle } from '../command/terminal-style.ts';
import { regionFilter } from '../deploy/choose-regions.ts';
import { readIdentity } from '../deploy/read-identity.ts';
import { assembleStatus } from './assemble-status.ts';
import { planMetrics } from './plan-metrics.ts';
import { readMetrics } from './read-metrics.ts';
import { readState } from './read-state.ts';
import { renderStatus } from './render-status.ts';
import { isHealthy, type PipelineStatus } from './status.ts';
import { drawRepeatedly, type Screen } from './watch.ts';

interface Flags {
  readonly configuration: string;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly watch?: boolean;
  readonly interval: number;
  readonly json?: boolean;
}

const DEFAULT_INTERVAL = 60;
const MIN_INTERVAL = 5;
const MAX_INTERVAL = 3600;

/**
 * `s3xrc status`: shows how late each rule is in each region, its backlog, and its savings.
 * @returns 1 if something is late, given up, dead-lettered, or was missing at the last verification
 * @throws UsageError, InvalidConfigurationError, UnreadableAccountError
 */
export async function runStatus(args: readonly string[], context: CommandContext): Promise<number> {
  const printed: Promise<void>[] = [];
  const command = new Command(`${context.program} status`)
    .description(
      'Show the progress of each rule in each region: watermark, backlog, traffic, dollars, dead letters, given-up archives and the last scheduled verification. Changes nothing.',
    )
    .option('--watch', 'repeat until Ctrl-C')
    .option(
      '--interval <seconds>',
      'with --watch: time between updates; metrics have one value per minute',
      integerBetween('An interval', MIN_INTERVAL, MAX_INTERVAL),
      DEFAULT_INTERVAL,
    )
    .addOption(sharedOptions.regions('only rules with a source, and archives with a target, in these regions'))
    .addOption(sharedOptions.profile())
    .addOption(sharedOptions.configuration())
    .addOption(sharedOptions.json('print JSON; with --watch, a line per update'));
  const flags = parseCommand(command, args, (text) => printed.push(context.print(text)))?.opts<Flags>();
  await Promise.all(printed);
  if (flags === undefined) return 0;
  const configuration = await loadConfiguration(flags.configuration);
  const all = planRegions(configuration);
  const isAsked = regionFilter(
    flags.region,
    all.map(({ region }) => region),
  );
  const plans = all.filter(({ region }) => isAsked(region));
  const clients = new AwsClients(flags.profile);
  try {
    const [first] = plans;
    const region = first?.region ?? '';
    const { account } = await raceAbort(readIdentity(region, clients.sts(region)), context.signal);
    // A watch uses the whole screen: nothing else is written to it.
    const quiet = { ...context, note: () => undefined, statusLine: undefined };
    const progress = flags.watch === true ? quiet : context;
    const look = (): Promise<PipelineStatus> => observe(configuration, plans, { account, clients }, progress);
    if (flags.watch === true) return await watch(look, flags, context);
    const status = await look();
    await context.print(describe(status, flags));
    return isHealthy(status) ? 0 : 1;
  } finally {
    clients.close();
  }
}

async function observe(
  configuration: Configuration,
  plans: readonly RegionPlan[],
  access: { readonly account: string; readonly clients: AwsClients },
  context: MeterOutput & Pick<CommandContext, 'signal'>,
): Promise<PipelineStatus> {
  const now = Date.now();
  const { signal } = context;
  const reader = new CloudWatchMetricReader((region) => access.clients.cloudWatch(region));
  const [metrics, state] = await withMeter(context, { what: 'Looking', unit: 'answers' }, (meter) => {
    let answers = 0;
    const onAnswer = (): void => {
      answers += 1;
      meter.reach(answers);
    };
    const asked = planMetrics(configuration, plans);
    const work = Promise.all([
      readMetrics(asked, reader, now, onAnswer),
      readState(configuration, plans, { ...access, signal, now, onAnswer }),
    ]);
    return raceAbort(work, signal);
  });
  return assembleStatus(configuration, plans, { metrics, state, now });
}

function describe(status: PipelineStatus, { json, watch: isWatched }: Flags): string {
  if (json !== true) return renderStatus(status, terminalStyle(process.stdout, process.env));
  return `${JSON.stringify(status, undefined, isWatched === true ? 0 : 2)}\n`;
}

/** Redraws the status in place on a terminal; otherwise prints one after the other. */
async function watch(look: () => Promise<PipelineStatus>, flags: Flags, context: CommandContext): Promise<never> {
  const { signal } = context;
  const render = async (): Promise<string> => describe(await look(), flags);
  if (process.stdout.isTTY && flags.json !== true) {
    return drawRepeatedly(render, terminalScreen(process.stdout), { seconds: flags.interval, signal });
  }
  for (;;) {
    await context.print(`${await render()}${flags.json === true ? '' : '\n'}`);
    await sleep(flags.interval * 1000, undefined, { signal });
  }
}

function terminalScreen(output: NodeJS.WriteStream): Screen {
  return {
    get rows() {
      return output.rows;
    },
    write: (text) => {
      output.write(text);
    },
    onExit: (restore) => {
      process.once('exit', restore);
    },
  };
}
