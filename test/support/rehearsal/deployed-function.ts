import { join } from 'node:path';
import { FunctionHost } from '../../../local-cloud/function-host.ts';
import { field, listOf } from '../invariants.ts';
import { textOf } from '../templates/json.ts';
import type { Credentials } from './clients.ts';
import type { Image } from './image.ts';
import type { Properties } from './resource-provider.ts';

export interface FunctionPlace {
  readonly region: string;
  readonly arn: string;
  readonly image: Image;
  /** Endpoint of the local cloud. */
  readonly endpoint: string;
  /** Credentials of the function's role. */
  readonly credentials: Credentials;
  readonly onLine: (line: string) => void;
}

/** A function as an `AWS::Lambda::Function` of a template describes it, with the variables that Lambda adds. */
export function hostFunction(properties: Properties, deployed: FunctionPlace): FunctionHost {
  const { region, arn, image, endpoint, credentials, onLine } = deployed;
  const [command = ''] = listOf(field(properties['ImageConfig'], 'Command')) as readonly string[];
  const [bundle = '', handler = ''] = command.split('.');
  return new FunctionHost({
    bundle: join(image.folder, `${bundle}.mjs`),
    handler,
    functionName: textOf(properties['FunctionName']),
    invokedFunctionArn: arn,
    memoryMb: Number(properties['MemorySize']),
    timeoutSeconds: Number(properties['Timeout']),
    onLine,
    environment: {
      ...image.environment,
      ...templateEnvironment(properties, endpoint),
      AWS_REGION: region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    },
  });
}

/** The variables of the template; URLs of queues point to the local cloud, because the SDK sends to their host. */
export function templateEnvironment(properties: Properties, endpoint: string): Record<string, string> {
  const variables = (field(properties['Environment'], 'Variables') ?? {}) as Properties;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      textOf(value).replace(/^https:\/\/sqs\.[a-z0-9-]+\.amazonaws\.com(?=\/)/, endpoint),
    ]),
  );
}
