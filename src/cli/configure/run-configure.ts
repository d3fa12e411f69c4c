import { relative, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { loadPriceFile } from '../../configuration/prices/load.ts';
import { pricesFromFile } from '../../configuration/prices/price-file.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { describePlan } from '../../templates/describe-plan.ts';
import { planDocument } from '../../templates/plan-document.ts';
import {
  deploymentFolder,
  findPriceFolder,
  isProjectConfiguration,
  makeDeploymentFiles,
  writeDeploymentFiles,
} from '../command/deployment-files.ts';
import { DeployInputError, StaleTemplateError } from '../command/errors.ts';
import { parseByteSize } from '../command/parse-amounts.ts';
import { parseCommand } from '../command/parse-command.ts';
import { PROJECT } from '../command/project.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { shortPath } from '../command/short-path.ts';
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
    .description('Check the configuration, write template.yaml and samconfig.toml, and print what will be deployed.')
    .option('--check', 'write nothing; fail if the files are out of date')
    .addOption(sharedOptions.configuration())
    .addOption(
      new Option('--out <folder>', 'folder to write template.yaml and samconfig.toml to').default(
        PROJECT,
        'the project',
      ),
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
  const isOther = !isProjectConfiguration(options.configuration);
  const isForProject = options.check !== true && resolve(options.out) === resolve(PROJECT);
  if (isOther && isForProject) throw otherConfigurationError(options.configuration);
  const configuration = await loadConfiguration(options.configuration);
  const files = await makeDeploymentFiles(configuration, options.out, options.configuration);
  const stale = files.filter(({ isUpToDate }) => !isUpToDate).map(({ path }) => relative(process.cwd(), path));
  if (options.check === true) {
    if (stale.length > 0) throw staleError(stale, options.configuration, options.out);
    print(
      options.json === true
        ? `${JSON.stringify({ written: [] })}\n`
        : 'The configuration is valid, and template.yaml and samconfig.toml are up to date.\n',
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
  if (isOther) print(`${adviseOnOther(options)}\n`);
}

/** Uses the prices that the image contains. */
async function worthOfRules(
  { settings }: Configuration,
  { configuration, ratio, objectSize }: ConfigureOptions,
): Promise<(rule: DeployedRule) => string[]> {
  const file = await loadPriceFile(await findPriceFolder(configuration));
  const known = {
    ...(ratio === undefined ? {} : { ratio }),
    ...(objectSize === undefined ? {} : { objectBytes: objectSize }),
  };
  return (rule) => {
    const toRegions = [...new Set(rule.destinations.map(({ region }) => region))];
    const prices = pricesFromFile(file, settings.prices, { fromRegion: rule.source.region, toRegions });
    return describeBreakEven(rule, prices, known);
  };
}

function parseRatio(text: string): number {
  const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (ratio <= 0)
    throw new InvalidArgumentError(
      'A ratio is a number above 0, such as 3.5: bytes of objects divided by bytes of archives.',
    );
  return ratio;
}

/** How to deploy files that are not the project's. */
function adviseOnOther({ configuration, out }: Pick<ConfigureOptions, 'configuration' | 'out'>): string {
  const deploy = `\`s3xrc deploy --configuration ${configuration}\``;
  if (resolve(out) === resolve(configuration)) return `${deploy} deploys this.`;
  return `These files are only for inspection: ${deploy} reads template.yaml and samconfig.toml next to the configuration; \`--out ${configuration}\` writes them there.`;
}

/** Functions read the configuration in their image, and refuse rules that it does not contain. */
function otherConfigurationError(configuration: string): DeployInputError {
  return new DeployInputError(
    `The project's template.yaml is only for the project's configuration. \`${configureLine(configuration)}\` writes one next to the configuration in ${configuration}, and \`s3xrc deploy --configuration ${configuration}\` deploys it. To only look at the files, name any other folder with --out.`,
    { context: { configuration } },
  );
}

function configureLine(configuration: string, out = deploymentFolder(configuration)): string {
  if (isProjectConfiguration(configuration) && resolve(out) === resolve(PROJECT)) return 'npm run configure';
  const from = isProjectConfiguration(configuration) ? '' : ` --configuration ${configuration}`;
  return `s3xrc configure${from} --out ${shortPath(resolve(out))}`;
}

/**
 * @param stale files that are not those of the configuration
 * @param from folder of the configuration
 * @param out the folder where they must be; default: where `s3xrc deploy` looks for them
 */
export function staleError(stale: readonly string[], from: string, out?: string): StaleTemplateError {
  const verb = stale.length === 1 ? 'is' : 'are';
  return new StaleTemplateError(`${stale.join(' and ')} ${verb} not up to date: run \`${configureLine(from, out)}\`.`, {
    context: { files: stale.join(', ') },
  });
}
