import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBucket } from '../../../local-cloud/pipeline/bucket-setup.ts';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { deploymentSteps } from '../../../src/templates/deployment-steps.ts';
import { planRegions } from '../../../src/templates/plan-regions.ts';
import { expandTemplate } from '../templates/expand-template.ts';
import { buildImage, type Image } from './image.ts';
import { Rehearsal } from './rehearsal.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Folder of the committed configuration. */
export const EXAMPLE = join(PROJECT, 'configuration');
/** Its stack_name. */
export const STACK = 's3-cross-region-compressor';

/** Users' buckets that it names, by region. */
export const USERS_BUCKETS: Readonly<Record<string, readonly string[]>> = {
  'eu-west-1': ['example-documents', 'example-reports', 'example-media'],
  'us-east-1': ['example-documents-copy', 'example-reports-us', 'example-media-archive'],
  'ap-southeast-2': ['example-reports-ap'],
};

/** Bucket for inventories in a configuration from `withSchedules`. */
export const INVENTORIES = 'example-inventories';
/** Source of the rule with scheduled verifications. */
export const VERIFIED = 'example-reports';

export interface DeployedExample {
  readonly rehearsal: Rehearsal;
  readonly image: Image;
}

/** What is deployed. Default: the committed example. */
export interface Deployment {
  /** Folder of the configuration. */
  readonly configuration: string;
  /** Path of its root template. */
  readonly template: string;
}

const COMMITTED: Deployment = { configuration: EXAMPLE, template: join(PROJECT, 'template.yaml') };

/** The example with everything that it omits by default: inventories, and a rule with scheduled verifications. */
export async function withSchedules<T>(use: (deployment: Deployment) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'schedules-'));
  try {
    await cp(EXAMPLE, folder, { recursive: true });
    await rewrite(join(folder, 'settings.json'), ({ enabled_regions: [first, ...others] }) => ({
      enabled_regions: [{ ...first, inventory_buckets: [INVENTORIES] }, ...others],
    }));
    await rewrite(join(folder, 'replication_config.json'), ({ replication_configuration: rules }) => ({
      replication_configuration: rules.map((rule) =>
        rule.source.bucket === VERIFIED ? { ...rule, source: { ...rule.source, verify: 'weekly' } } : rule,
      ),
    }));
    await writeDeploymentFiles(await makeDeploymentFiles(await loadConfiguration(folder), folder), folder);
    return await use({ configuration: folder, template: join(folder, 'template.yaml') });
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Settings {
  readonly enabled_regions: readonly object[];
}

interface Rules {
  readonly replication_configuration: readonly { readonly source: { readonly bucket: string } }[];
}

async function rewrite(path: string, change: (json: Settings & Rules) => object): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8')) as Settings & Rules;
  await writeFile(path, JSON.stringify({ ...json, ...change(json) }));
}

/**
 * Deploys the example to all of its regions, in the order of `npm run deploy`.
 * @param prepare changes the users' buckets first
 */
export async function deployExample(
  prepare: (rehearsal: Rehearsal) => Promise<void> = () => Promise.resolve(),
  { configuration, template }: Deployment = COMMITTED,
): Promise<DeployedExample> {
  const [rehearsal, image] = await Promise.all([Rehearsal.start(), buildImage(configuration)]);
  try {
    for (const [region, buckets] of Object.entries(USERS_BUCKETS)) {
      for (const bucket of buckets) await createBucket(rehearsal.clients(region).s3, region, bucket);
    }
    await prepare(rehearsal);
    await rehearsal.upload(await expandTemplate(template));
    const plans = planRegions(await loadConfiguration(configuration));
    for (const { region, stage } of deploymentSteps(plans)) await rehearsal.deploy(STACK, region, stage, image);
  } catch (error) {
    await Promise.all([rehearsal.stop(), image.remove()]);
    throw error;
  }
  return { rehearsal, image };
}
