import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { makeDeploymentFiles, saveRepository, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import { rulesBetween } from '../support/plans.ts';

const MINUTES = 60_000;
const run = promisify(execFile);

/** Saves answers like `sam deploy --guided`, with the SAM CLI's own code. */
const SAVE_ANSWERS = `
import sys, click
from samcli.commands.deploy.guided_config import GuidedConfig
folder, environment, region = sys.argv[1:]

@click.command(name="deploy")
@click.pass_context
def deploy(context):
    context.info_name = "deploy"
    GuidedConfig(template_file=folder + "/template.yaml", section="parameters").save_config(
        {"Stage": {"Value": "all", "Hidden": False}}, config_env=environment, config_file="samconfig.toml",
        image_repositories={"RegionEuWest1/DeploymentFunction": "registry.example/one"}, stack_name="compressor",
        resolve_s3=True, s3_prefix="compressor", region=region, profile="mine", confirm_changeset=True,
        capabilities=("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"), disable_rollback=True)

deploy(args=[], standalone_mode=False)
`;

/** Reads samconfig.toml like a command, with the SAM CLI's own code. */
const READ_SETTINGS = `
import sys, json
from samcli.lib.config.samconfig import SamConfig
folder, environment = sys.argv[1:]
print(json.dumps(SamConfig(folder).get_all(["deploy"], "parameters", env=environment)))
`;

let folder: string;
let configuration: Configuration;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samconfig-'));
  await using files = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
  configuration = await loadConfiguration(files.folder);
  await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function python(script: string, ...args: readonly string[]): Promise<string> {
  const bin = await preparePythonEnvironment('deploy', () => undefined);
  const env = { ...process.env, SAM_CLI_TELEMETRY: '0' };
  return (await run(bin, ['-c', script, folder, ...args], { env })).stdout;
}

async function settingsOf(environment: string): Promise<unknown> {
  return JSON.parse(await python(READ_SETTINGS, environment));
}

test.each(['default', 'eu-west-1', 'us-east-1'])(
  'what `sam deploy --guided` writes for %s is up to date, and stays when regions change',
  async (environment) => {
    await python(SAVE_ANSWERS, environment, environment === 'default' ? 'eu-west-1' : environment);
    const answered = await settingsOf(environment);
    expect(answered).toMatchObject({
      image_repositories: ['RegionEuWest1/DeploymentFunction=registry.example/one'],
      profile: 'mine',
      confirm_changeset: true,
    });
    const files = await makeDeploymentFiles(configuration, folder);
    expect(files.filter(({ isUpToDate }) => !isUpToDate)).toEqual([]);
    const { settings } = configuration;
    const more = { ...settings, enabled_regions: [...settings.enabled_regions].toReversed() };
    await writeDeploymentFiles(await makeDeploymentFiles({ ...configuration, settings: more }, folder), folder);
    expect(await settingsOf(environment)).toEqual(answered);
  },
  5 * MINUTES,
);

test(
  'the SAM CLI finds the repository that a deployment saved for a region',
  async () => {
    await saveRepository(configuration, folder, { region: 'us-east-1', uri: 'registry.example/compressor' });
    expect(await settingsOf('us-east-1')).toMatchObject({ image_repository: 'registry.example/compressor' });
    expect(await settingsOf('eu-west-1')).not.toHaveProperty('image_repository');
    await writeFile(
      join(folder, 'samconfig.toml'),
      `${await readFile(join(folder, 'samconfig.toml'), 'utf8')}\n# mine\n`,
    );
    const files = await makeDeploymentFiles(configuration, folder);
    expect(files.filter(({ isUpToDate }) => !isUpToDate)).toEqual([]);
  },
  5 * MINUTES,
);
