import { randomUUID } from 'node:crypto';
import type { FunctionHost } from '../../../local-cloud/function-host.ts';
import type { Json } from '../templates/json.ts';
import type { ResourceAnswer, ResourceProvider, ResourceRequest } from './resource-provider.ts';

const REQUEST_TYPES = { create: 'Create', update: 'Update', delete: 'Delete' } as const;

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

/**
 * Sends a request to the function behind a custom resource, as CloudFormation does.
 * @throws Error with the reason from the function; errors of its invocation
 */
export async function serveCustomResource(
  request: ResourceRequest,
  host: FunctionHost,
  provider: ResourceProvider,
): Promise<ResourceAnswer> {
  const { action, physicalId, stackId, logicalId, type, properties, formerProperties } = request;
  const { url, answer } = provider.awaitAnswer();
  await host.invoke({
    RequestType: REQUEST_TYPES[action],
    ServiceToken: properties['ServiceToken'],
    ResponseURL: url,
    StackId: stackId,
    RequestId: randomUUID(),
    LogicalResourceId: logicalId,
    ResourceType: type,
    ResourceProperties: inText(properties),
    ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
    ...(formerProperties !== undefined && { OldResourceProperties: inText(formerProperties) }),
  });
  const { Status, Reason, PhysicalResourceId, Data = {} } = JSON.parse(await answer) as Answer;
  if (Status === 'FAILED') throw new Error(Reason);
  return { physicalId: PhysicalResourceId, attributes: Data };
}

/** CloudFormation sends all numbers and booleans as text. */
function inText(value: Json): Json {
  if (Array.isArray(value)) return value.map(inText);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inText(item)]));
}
