import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBucket } from '../../../local-cloud/pipeline/bucket-setup.ts';
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

/** Buckets of the users that it names, by region. */
export const USERS_BUCKETS: Readonly<Record<string, readonly string[]>> = {
  'eu-west-1': ['example-documents', 'example-reports', 'example-media'],
  'us-east-1': ['example-documents-copy', 'example-reports-us', 'example-media-archive'],
  'ap-southeast-2': ['example-reports-ap'],
};

export interface DeployedExample {
  readonly rehearsal: Rehearsal;
  readonly image: Image;
}

/**
 * Deploys the committed example to all of its regions, in the order of `npm run deploy`.
 * @param prepare what the users did to their buckets before
 */
export async function deployExample(
  prepare: (rehearsal: Rehearsal) => Promise<void> = () => Promise.resolve(),
): Promise<DeployedExample> {
  const [rehearsal, image] = await Promise.all([Rehearsal.start(), buildImage(EXAMPLE)]);
  try {
    for (const [region, buckets] of Object.entries(USERS_BUCKETS)) {
      for (const bucket of buckets) await createBucket(rehearsal.clients(region).s3, region, bucket);
    }
    await prepare(rehearsal);
    await rehearsal.upload(await expandTemplate(join(PROJECT, 'template.yaml')));
    const plans = planRegions(await loadConfiguration(EXAMPLE));
    for (const { region, stage } of deploymentSteps(plans)) await rehearsal.deploy(STACK, region, stage, image);
  } catch (error) {
    await Promise.all([rehearsal.stop(), image.remove()]);
    throw error;
  }
  return { rehearsal, image };
}
