import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import type { DeploymentStep } from '../../templates/deployment-steps.ts';
import {
  deploymentFolder,
  isProjectConfiguration,
  listConfigurationFiles,
  makeTemplate,
  namesOwnRepositories,
  saveRepository,
} from '../command/deployment-files.ts';
import { DeployInputError, SamFailedError } from '../command/errors.ts';
import { PROJECT } from '../command/project.ts';
import {
  IMAGE_BUILD,
  IMAGE_TEMPLATE,
  imageOf,
  NESTED_TEMPLATES,
  writeImageTemplate,
  writeRegionTemplates,
} from './image-templates.ts';
import { readStack } from './read-stack.ts';
import { registryStackName } from './registry-stack.ts';
import type { Sam } from './sam.ts';

/** Builds the image and deploys regions with it, one after the other. */
export class RegionDeployer {
  readonly #sam: Sam;
  readonly #project: string;
  /** Of template.yaml and samconfig.toml. */
  readonly #folder: string;
  readonly #from: string;
  readonly #configuration: Configuration;
  /** Location of a region's image; a region with two rounds gets one push. */
  readonly #images = new Map<string, string>();
  readonly #parameters: readonly string[];

  /**
   * @param sam in the folder of the project
   * @param from folder of the configuration
   * @param repair see the parameter of template.yaml; absent: unchanged
   */
  constructor(sam: Sam, configuration: Configuration, from: string, repair?: string) {
    this.#sam = sam;
    this.#project = PROJECT;
    this.#folder = deploymentFolder(from);
    this.#from = from;
    this.#configuration = configuration;
    this.#parameters = repair === undefined ? [] : [`Repair=${repair}`];
  }

  /**
   * Refuses regions with repositories of `sam deploy --guided`, unless the configuration is the project's: `sam build`
   * uses no other.
   * @throws DeployInputError
   */
  async refuseGuided(regions: readonly string[]): Promise<void> {
    if (isProjectConfiguration(this.#from)) return;
    const guided = await Promise.all(regions.map((region) => namesOwnRepositories(this.#folder, region)));
    const region = regions[guided.indexOf(true)];
    if (region === undefined) return;
    throw new DeployInputError(
      `${join(this.#folder, 'samconfig.toml')} has image_repositories in [${region}.deploy.parameters], which \`sam deploy --guided\` writes. ` +
        "Those images would contain the project's configuration: remove that setting, so that all functions use one repository.",
      { context: { region } },
    );
  }

  /** @throws MissingSamError, SamFailedError */
  async build(regions: readonly string[]): Promise<void> {
    const isProject = isProjectConfiguration(this.#from);
    await writeImageTemplate(this.#project, isProject ? undefined : await listConfigurationFiles(this.#from));
    await this.#sam.run(['build', ...this.#file(IMAGE_TEMPLATE), '--build-dir', IMAGE_BUILD]);
    // `sam deploy --guided` creates a repository per function; then the SAM CLI does everything.
    const guided = await Promise.all(regions.map((region) => namesOwnRepositories(this.#folder, region)));
    if (guided.includes(true)) await this.#sam.run(['build']);
  }

  /** @throws MissingSamError, SamFailedError */
  async deploy({ region, stage }: DeploymentStep): Promise<void> {
    const options = ['deploy', '--config-env', region, '--parameter-overrides', `Stage=${stage}`, ...this.#parameters];
    if (await namesOwnRepositories(this.#folder, region)) {
      await this.#sam.run(options);
      return;
    }
    const image = this.#images.get(region) ?? (await this.#push(region));
    this.#images.set(region, image);
    const template = await this.#writeTemplates(region, image);
    await this.#sam.run([...options, ...this.#file(template)]);
  }

  /**
   * Makes CloudFormation list the changes of a deployment in a region, except the image.
   * @param image that its functions run now
   */
  async preview({ region, stage }: DeploymentStep, image: string): Promise<void> {
    const template = await this.#writeTemplates(region, image);
    const parameters = [`Stage=${stage}`, ...this.#parameters];
    const options = ['--config-env', region, '--parameter-overrides', ...parameters, '--no-execute-changeset'];
    await this.#sam.run(['deploy', ...options, ...this.#file(template)]);
  }

  /** Returns the path of the root template that names the image. */
  async #writeTemplates(region: string, image: string): Promise<string> {
    const template = await makeTemplate(this.#configuration, NESTED_TEMPLATES, this.#from);
    return writeRegionTemplates(this.#project, template, { region, image });
  }

  /** Creates the region's repository if necessary, and pushes the image there. Returns its location. */
  async #push(region: string): Promise<string> {
    const uri = await this.#deployRegistry(region);
    await saveRepository(this.#configuration, this.#folder, { region, uri });
    const built = `${IMAGE_BUILD}/template.yaml`;
    const packaged = `${IMAGE_BUILD}/${region}.yaml`;
    const options = ['--config-env', region, '--region', region, '--image-repository', uri, '--resolve-s3'];
    await this.#sam.run(['package', ...options, ...this.#file(built), '--output-template-file', packaged]);
    const image = imageOf(await readFile(join(this.#project, packaged), 'utf8'));
    if (image !== undefined) return image;
    throw new SamFailedError(`\`sam package\` wrote ${packaged} without an ImageUri.`, { context: { region } });
  }

  async #deployRegistry(region: string): Promise<string> {
    const { stack_name: stackName } = this.#configuration.settings;
    const stack = registryStackName(stackName);
    const parameters = `RepositoryName=${resourceNamePrefix(stackName)}`;
    const options = ['--config-env', region, '--stack-name', stack, '--parameter-overrides', parameters];
    await this.#sam.run(['deploy', ...options, ...this.#file('src/stacks/registry.yaml')]);
    const cloudFormation = new CloudFormationClient({ region });
    try {
      const uri = (await readStack(cloudFormation, stack))?.outputs.get('RepositoryUri');
      if (uri !== undefined) return uri;
    } finally {
      cloudFormation.destroy();
    }
    throw new SamFailedError(
      `Stack ${stack} in ${region} has no output RepositoryUri: it is another stack with the same name.`,
      { context: { stack, region } },
    );
  }

  /**
   * The SAM CLI looks for samconfig.toml next to the template, so its full path must be given for templates other than
   * the root one.
   */
  #file(template: string): readonly string[] {
    return ['--template-file', template, '--config-file', join(this.#folder, 'samconfig.toml')];
  }
}
