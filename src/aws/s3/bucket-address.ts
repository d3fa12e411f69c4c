import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';

/** Where the requests of one bucket go. */
export interface BucketAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The `Host` header that belongs to the origin. */
  readonly host: string;
  /** The start of every key's path: `/`, or `/<bucket>/` in path style. */
  readonly pathPrefix: string;
}

/**
 * Asks the SDK where it would send a request for the bucket, so that AWS_ENDPOINT_URL, profiles, FIPS and dual-stack
 * settings work as users expect; nothing is sent. A custom endpoint is always addressed in path style: servers behind
 * one seldom have a DNS name per bucket.
 */
export async function resolveBucketAddress(client: S3Client, bucket: string): Promise<BucketAddress> {
  const url = await resolveEndpoint(client, bucket);
  const hasOwnEndpoint = await hasCustomEndpoint(client);
  const virtualHost = `${bucket}.`;
  const host = hasOwnEndpoint && url.host.startsWith(virtualHost) ? url.host.slice(virtualHost.length) : url.host;
  const basePath = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  const pathPrefix = hasOwnEndpoint && host !== url.host ? `${basePath}${bucket}/` : basePath;
  return { origin: `${url.protocol}//${host}`, host, pathPrefix };
}

/** Set in code, or by AWS_ENDPOINT_URL or a profile; the SDK reports the latter in a different property. */
async function hasCustomEndpoint({ config }: S3Client): Promise<boolean> {
  if (config.isCustomEndpoint === true) return true;
  return !config.ignoreConfiguredEndpointUrls && (await config.serviceConfiguredEndpoint?.()) !== undefined;
}

async function resolveEndpoint(client: S3Client, bucket: string): Promise<URL> {
  const command = new HeadBucketCommand({ Bucket: bucket });
  let endpoint: URL | undefined;
  command.middlewareStack.add(
    (_next, context) => () => {
      endpoint = context.endpointV2?.url;
      return Promise.resolve({ output: { $metadata: {} }, response: undefined });
    },
    { step: 'build', name: 'answerWithoutSending' },
  );
  await client.send(command);
  if (!endpoint) throw new TypeError(`the AWS SDK resolved no endpoint for bucket ${bucket}`);
  return endpoint;
}
