import { CreateStackCommand, DeleteStackCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { type AwsServer, startAwsServer } from '../../../local-cloud/aws-server.ts';
import type { FunctionHost } from '../../../local-cloud/function-host.ts';
import { createBucket } from '../../../local-cloud/pipeline/bucket-setup.ts';
import { LOCAL_ACCOUNT_ID, LOCAL_CREDENTIALS } from '../../../local-cloud/region-clients.ts';
import type { ExpandedTemplate } from '../templates/expand-template.ts';
import { textOf } from '../templates/json.ts';
import { type Clients, type Credentials, destroyClients, makeClients } from './clients.ts';
import { serveCustomResource } from './custom-resource.ts';
import { hostFunction } from './deployed-function.ts';
import { applyDropped } from './dropped-properties.ts';
import type { Image } from './image.ts';
import {
  type ResourceAnswer,
  type ResourceProvider,
  type ResourceRequest,
  startResourceProvider,
} from './resource-provider.ts';

/** The location of uploaded templates in the output of expand.py. */
const UPLOADS = 'uploads';
const ADMINISTRATOR = 'administrator';

/** An existing resource. */
export type DeployedResource = Required<
  Pick<ResourceRequest, 'region' | 'logicalId' | 'type' | 'physicalId' | 'properties'>
>;

/**
 * An account with complete stacks: moto's CloudFormation with real nested stacks, and one server for all regions,
 * because IAM and S3 are global. IAM is enforced: functions have the credentials of the roles from their stacks.
 */
export class Rehearsal {
  readonly #provider: ResourceProvider;
  readonly #server: AwsServer;
  readonly #administrator: Credentials;
  readonly #clients = new Map<string, Clients>();
  /** By stack and logical id. */
  readonly #resources = new Map<string, DeployedResource>();
  readonly #hosts = new Map<string, FunctionHost>();
  /** Regions that have a stack. */
  readonly #regions = new Set<string>();
  #image: Image | undefined;
  /** Output of functions, with their names. */
  readonly log: string[] = [];

  private constructor(provider: ResourceProvider, server: AwsServer, administrator: Credentials) {
    this.#provider = provider;
    this.#server = server;
    this.#administrator = administrator;
  }

  static async start(): Promise<Rehearsal> {
    const started = Promise.withResolvers<Rehearsal>();
    const provider = await startResourceProvider(async (request) => (await started.promise).#provide(request));
    const server = await startAwsServer({ region: 'the rehearsal', resourceProvider: provider.url });
    const administrator = await becomeAdministrator(server.endpoint);
    const rehearsal = new Rehearsal(provider, server, administrator);
    started.resolve(rehearsal);
    return rehearsal;
  }

  get endpoint(): string {
    return this.#server.endpoint;
  }

  /** All existing resources, in order of their creation. */
  get resources(): readonly DeployedResource[] {
    return [...this.#resources.values()];
  }

  /** Clients of the administrator. */
  clients(region: string): Clients {
    const clients = this.#clients.get(region) ?? makeClients(region, this.endpoint, this.#administrator);
    this.#clients.set(region, clients);
    return clients;
  }

  async assumeRole(roleArn: string): Promise<Credentials> {
    const request = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'rehearsal' });
    const { Credentials: credentials } = await this.clients('us-east-1').sts.send(request);
    if (credentials === undefined) throw new Error(`${roleArn} cannot be assumed`);
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials;
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  /** Does what `sam package` does: puts the templates where CloudFormation finds them. */
  async upload({ root, nested }: ExpandedTemplate): Promise<void> {
    const { s3 } = this.clients('us-east-1');
    await createBucket(s3, 'us-east-1', UPLOADS);
    for (const [location, template] of [['root.json', root] as const, ...Object.entries(nested)]) {
      const Key = location.split('/').at(-1);
      await s3.send(new PutObjectCommand({ Bucket: UPLOADS, Key, Body: JSON.stringify(template) }));
    }
  }

  /** Creates or updates the stack of a region. @throws CloudFormation's error, with the reason of the failure */
  async deploy(stack: string, region: string, stage: string, image: Image): Promise<void> {
    this.#image = image;
    const Parameters = [{ ParameterKey: 'Stage', ParameterValue: stage }];
    const TemplateURL = `https://s3.amazonaws.com/${UPLOADS}/root.json`;
    const request = { StackName: stack, TemplateURL, Parameters };
    const { cloudFormation } = this.clients(region);
    const exists = this.#regions.has(region);
    this.#regions.add(region);
    await cloudFormation.send(exists ? new UpdateStackCommand(request) : new CreateStackCommand(request));
  }

  async remove(stack: string, region: string): Promise<void> {
    await this.clients(region).cloudFormation.send(new DeleteStackCommand({ StackName: stack }));
    this.#regions.delete(region);
  }

  /** The deployed function, in environments that stay warm. */
  async host(arn: string): Promise<FunctionHost> {
    const running = this.#hosts.get(arn);
    if (running !== undefined) return running;
    const deployed = this.resources.find(({ type, region, physicalId }) => {
      return type === 'AWS::Lambda::Function' && functionArn(region, physicalId) === arn;
    });
    if (deployed === undefined || this.#image === undefined) throw new Error(`There is no function ${arn}`);
    const { region, properties, physicalId } = deployed;
    const host = hostFunction(properties, {
      region,
      arn,
      image: this.#image,
      endpoint: this.endpoint,
      credentials: await this.assumeRole(textOf(properties['Role'])),
      onLine: (line) => this.log.push(`${region} ${physicalId}: ${line}`),
    });
    this.#hosts.set(arn, host);
    return host;
  }

  /** Another request of an existing custom resource, to the given environment of its function. */
  async serveCustom(action: 'create' | 'delete', resource: DeployedResource, host: FunctionHost): Promise<void> {
    await serveCustomResource({ ...resource, action, stackId: 'rehearsal', isKnown: false }, host, this.#provider);
  }

  /** Ends the environments of all functions: the next invocation is a cold start. */
  async stopFunctions(): Promise<void> {
    const hosts = [...this.#hosts.values()];
    this.#hosts.clear();
    await Promise.all(hosts.map((host) => host.stop()));
  }

  async stop(): Promise<void> {
    await this.stopFunctions();
    for (const clients of this.#clients.values()) destroyClients(clients);
    await this.#server.stop();
    await this.#provider.stop();
  }

  async #provide(request: ResourceRequest): Promise<ResourceAnswer> {
    const { action, region, stackId, logicalId, type, properties } = request;
    const answer = await this.#serve(request);
    const path = `${stackId}/${logicalId}`;
    if (action === 'delete') this.#resources.delete(path);
    else {
      const physicalId = request.physicalId ?? answer.physicalId ?? logicalId;
      this.#resources.set(path, { region, logicalId, type, properties, physicalId });
    }
    return answer;
  }

  async #serve(request: ResourceRequest): Promise<ResourceAnswer> {
    const { region, type, properties } = request;
    if (type.startsWith('Custom::')) {
      return serveCustomResource(request, await this.host(textOf(properties['ServiceToken'])), this.#provider);
    }
    if (type === 'AWS::Lambda::Function') {
      const name = textOf(properties['FunctionName']);
      const arn = functionArn(region, name);
      // An update has new code or a new environment; either way the old environments end.
      await this.#hosts.get(arn)?.stop();
      this.#hosts.delete(arn);
      return { physicalId: name, attributes: { Arn: arn } };
    }
    if (type === 'AWS::Lambda::Version') {
      const arn = functionArn(region, textOf(properties['FunctionName']));
      return { physicalId: `${arn}:1`, attributes: { Version: '1' } };
    }
    if (type.startsWith('AWS::Lambda::')) return {};
    await applyDropped(request, this.clients(region));
    return {};
  }
}

export function functionArn(region: string, name: string): string {
  return `arn:aws:lambda:${region}:${LOCAL_ACCOUNT_ID}:function:${name}`;
}

/** Creates a user with all permissions, after which nobody else has any. */
async function becomeAdministrator(endpoint: string): Promise<Credentials> {
  const clients = makeClients('us-east-1', endpoint, LOCAL_CREDENTIALS);
  const { iam } = clients;
  const UserName = ADMINISTRATOR;
  await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'everything', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  destroyClients(clients);
  // moto's own switch: after this many calls IAM is enforced.
  await fetch(`${endpoint}/moto-api/reset-auth`, {
    method: 'POST',
    body: '0',
    headers: { 'content-type': 'text/plain' },
  });
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}
