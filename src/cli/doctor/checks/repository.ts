import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { resourceNamePrefix } from '../../../configuration/schema/resource-names.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, notChecked, ok } from '../diagnosis.ts';

/** ECR's error codes for a repository or an image that does not exist. */
const GONE: ReadonlySet<string> = new Set(['RepositoryNotFoundException', 'ImageNotFoundException']);
const SHOWN_DIGEST = 19;

/** Checks that the functions' image is still in the registry: new environments and tasks need it. */
export const REPOSITORY_CHECKS: CheckGroup = {
  name: 'repository',
  title: 'Image repositories',
  checksOf: (context) =>
    context.plans.map(({ region }) => ({
      subject: `image (${region})`,
      takes: 'lambda:GetFunction and ecr:DescribeImages',
      run: (signal) =>
        context.deployments.whenDeployed(region, async () => [await checkImage(region, context, signal)]),
    })),
};

async function checkImage(
  region: string,
  { clients, configuration }: CheckContext,
  abortSignal: AbortSignal,
): Promise<Diagnosis> {
  const subject = `image (${region})`;
  const FunctionName = `${resourceNamePrefix(configuration.settings.stack_name)}-deployment`;
  const { Code } = await clients.lambda(region).send(new GetFunctionCommand({ FunctionName }), { abortSignal });
  const [, repositoryName, imageDigest] = /^[^/]+\/(.+)@(sha256:[0-9a-f]+)$/.exec(Code?.ResolvedImageUri ?? '') ?? [];
  if (repositoryName === undefined || imageDigest === undefined) {
    return notChecked(subject, `Lambda did not return the image of ${FunctionName}.`);
  }
  const image = `${repositoryName}@${imageDigest.slice(0, SHOWN_DIGEST)}`;
  if (await exists(repositoryName, imageDigest, clients.ecr(region), abortSignal))
    return ok(subject, `${image} is in the registry.`);
  const says = `${image}, which the functions run, is no longer in the registry: no new function or task can start.`;
  return failure(subject, says, `s3xrc deploy --region ${region}`);
}

async function exists(
  repositoryName: string,
  imageDigest: string,
  ecr: ECRClient,
  abortSignal: AbortSignal,
): Promise<boolean> {
  try {
    const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] });
    const { imageDetails = [] } = await ecr.send(command, { abortSignal });
    return imageDetails.length > 0;
  } catch (thrown) {
    if (thrown instanceof Error && GONE.has(thrown.name)) return false;
    throw thrown;
  }
}
