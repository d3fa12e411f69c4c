import { relative, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { type Configuration, loadConfiguration } from '../../configuration/load.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { filedPrices } from '../../configuration/prices/price-file.ts';
import { describePlan } from '../../templates/describe-plan.ts';
import { planDocument } from '../../templates/plan-document.ts';
import { CONFIGURATION, makeDeploymentFiles, PROJECT, writeDeploymentFiles } from '../command/deployment-files.ts';
import { DeployInputError, StaleTemplateError } from '../command/errors.ts';
import { parseByteSize } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { describeBreakEven } from './describe-break-even.ts';

interface ConfigureOptions {
  readonly check?: boolean;
  readonly configuration: string;
  readonly out: string;
  readonly ratio?: number;
  readonly objectSize?: number;
  readonly json?: boolean;
}

/**
 * `s3xrc configure`: checks the configuration, writes template.yaml and samconfig.toml, prints the plan.
 * @throws InvalidConfigurationError, StaleTemplateError (with --check only), DeployInputError, TemplateLimitError,
 *   SamConfigConflictError
 */
export async function runConfigure(args: readonly string[], print: (text: string) => void): Promise<void> {
  const command = new Command('s3xrc configure')
    .description('Checks the configuration, writes template.yaml and samconfig.toml, and prints what will be deployed.')
    .option('--check', 'write nothing; fail if the files are out of date')
    .addOption(sharedOptions.configuration())
    .addOption(
      new Option('--out <folder>', 'write template.yaml and samconfig.toml here').default(PROJECT, 'the project'),
    )
    .option(
      '--ratio <number>',
      'compression ratio for the break-even figures of the plan; the dashboard shows yours (default: 3)',
      parseRatio,
    )
    .option('--object-size <size>', 'mean object size for the break-even figures, such as 25KB or 10MB', parseByteSize)
    .addOption(sharedOptions.json());
  const options = parseCommand(command, args, print)?.opts<ConfigureOptions>();
  if (options === undefined) return;
  const isOther = resolve(options.configuration) !== CONFIGURATION;
  const isForProject = options.check !== true && resolve(options.out) === resolve(PROJECT);
  if (isOther && isForProject) throw otherConfigurationError(options.configuration);
  const configuration = await loadConfiguration(options.configuration);
  const files = await makeDeploymentFiles(configuration, options.out);
  const stale = files.filter(({ upToDate }) => !upToDate).map(({ path }) => relative(process.cwd(), path));
  if (options.check === true) {
    if (stale.length > 0) throw staleError(stale);
    print(
      options.json === true
        ? `${JSON.stringify({ written: [] })}\n`
        : 'The configuration is good, and template.yaml and samconfig.toml are up to date.\n',
    );
    return;
  }
  await writeDeploymentFiles(files, options.out);
  const worthOf = await worthOfRules(configuration, options);
  if (options.json === true) {
    print(`${JSON.stringify({ ...planDocument(configuration, worthOf), written: stale }, undefined, 2)}\n`);
    return;
  }
  print(describePlan(configuration, worthOf));
  print(stale.length === 0 ? 'Nothing to write: the files are up to date.\n' : `Wrote ${stale.join(' and ')}.\n`);
  if (isOther)
    print(`Do not deploy this as it is: the image contains configuration/*.json of ${PROJECT}, which differ.\n`);
}

/** Uses the prices that the image contains. */
async function worthOfRules(
  { settings }: Configuration,
  { ratio, objectSize }: ConfigureOptions,
): Promise<(rule: DeployedRule) => string[]> {
  const file = await loadPriceFile(CONFIGURATION);
  const known = {
    ...(ratio === undefined ? {} : { ratio }),
    ...(objectSize === undefined ? {} : { objectBytes: objectSize }),
  };
  return (rule) => {
    const toRegions = [...new Set(rule.destinations.map(({ region }) => region))];
    const prices = filedPrices(file, settings.prices, { fromRegion: rule.source.region, toRegions });
    return describeBreakEven(rule, prices, known);
  };
}

function parseRatio(text: string): number {
  const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (ratio <= 0)
    throw new InvalidArgumentError(
      'A ratio is a number above 0, such as 3.5: bytes of objects over bytes of archives.',
    );
  return ratio;
}

/** Functions read the configuration in their image, and refuse rules that it does not contain. */
function otherConfigurationError(configuration: string): DeployInputError {
  const image = relative(process.cwd(), CONFIGURATION) || '.';
  return new DeployInputError(
    `template.yaml and the image have to be of one configuration, and the image gets that of ${image}. To deploy what is in ${configuration}, copy its files to ${image} and run \`npm run configure\`. To see what it would make, add \`--out <folder>\`.`,
    { context: { configuration } },
  );
}

export function staleError(stale: readonly string[]): StaleTemplateError {
  const verb = stale.length === 1 ? 'is' : 'are';
  return new StaleTemplateError(`${stale.join(' and ')} ${verb} not up to date: run \`npm run configure\`.`, {
    context: { files: stale.join(', ') },
  });
}
