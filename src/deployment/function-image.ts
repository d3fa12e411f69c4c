import { UnreadableFunctionError } from './errors.ts';
import type { FunctionDirectory } from './ports.ts';
import type { FunctionImageProperties } from './resource-properties.ts';
import { type RetryWindow, retryPatiently } from './retry-patiently.ts';

export interface FunctionImageDependencies {
  readonly functions: FunctionDirectory;
  readonly patience: RetryWindow;
}

export interface FunctionImage {
  /** With its digest, which identifies the image permanently. */
  readonly image: string;
  /** ARN of its repository. */
  readonly repositoryArn: string;
}

/** `ACCOUNT.dkr.ecr.REGION.SUFFIX/REPOSITORY@DIGEST`; the tag form comes from registries without digests. */
const IMAGE = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+\/([^@:]+)[@:].+$/;

/**
 * The image that a version of a function runs, so that an ECS task can run the same one.
 * @throws UnreadableFunctionError
 */
export async function findFunctionImage(
  { Function: functionArn }: FunctionImageProperties,
  { functions, patience: retryWindow }: FunctionImageDependencies,
  signal: AbortSignal,
): Promise<FunctionImage> {
  const image = await retryPatiently(() => functions.findImage(functionArn, signal), retryWindow, signal);
  const [, account, region, repository] = IMAGE.exec(image) ?? [];
  if (account === undefined || region === undefined || repository === undefined) {
    throw new UnreadableFunctionError(
      `The function ${functionArn} runs ${image}, which is not an image in a registry that ECS can pull from. Deploy with sam deploy or npm run deploy.`,
      { context: { function: functionArn, image } },
    );
  }
  const partition = functionArn.split(':')[1] ?? 'aws';
  return { image, repositoryArn: `arn:${partition}:ecr:${region}:${account}:repository/${repository}` };
}
