import { SQSClient } from '@aws-sdk/client-sqs';
import { EventSourceMapping } from '../../../local-cloud/event-source-mapping.ts';
import { Replicator } from '../../../local-cloud/replicator.ts';
import { field, listOf } from '../invariants.ts';
import { textOf } from '../templates/json.ts';
import { type DeployedResource, functionArn, type Rehearsal } from './rehearsal.ts';

/** Seconds of a batching window per second of the template, so that no test waits 20 s. */
const WINDOW_SCALE = 1 / 40;

/** The properties of an `AWS::Lambda::EventSourceMapping` in a template. */
export interface MappingSettings {
  readonly functionName: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly maximumConcurrency: number;
}

/** @throws Error if the mapping does not use partial batch responses, which all our functions return */
export function readMapping({ properties }: DeployedResource): MappingSettings {
  const functionName = textOf(properties['FunctionName']);
  const types = listOf(properties['FunctionResponseTypes']);
  if (!types.includes('ReportBatchItemFailures'))
    throw new Error(`${functionName} would lose failures of single messages`);
  return {
    functionName,
    queueArn: textOf(properties['EventSourceArn']),
    batchSize: Number(properties['BatchSize']),
    batchWindowSeconds: Number(properties['MaximumBatchingWindowInSeconds']),
    maximumConcurrency: Number(field(properties['ScalingConfig'], 'MaximumConcurrency')),
  };
}

/** The running pipeline: all event source mappings, and S3's replication of the outbound buckets. */
export class Pipeline {
  readonly #mappings: readonly EventSourceMapping[];
  readonly #clients: readonly SQSClient[];
  readonly #replicator: Replicator;
  /** `key destination` of each archive that was replicated. */
  readonly replicated: readonly string[];
  /** Reasons of failed invocations. */
  readonly failures: readonly string[];

  private constructor(parts: {
    readonly mappings: readonly EventSourceMapping[];
    readonly clients: readonly SQSClient[];
    readonly replicator: Replicator;
    readonly replicated: readonly string[];
    readonly failures: readonly string[];
  }) {
    this.#mappings = parts.mappings;
    this.#clients = parts.clients;
    this.#replicator = parts.replicator;
    this.replicated = parts.replicated;
    this.failures = parts.failures;
  }

  static async start(rehearsal: Rehearsal): Promise<Pipeline> {
    const failures: string[] = [];
    const replicated: string[] = [];
    const clients: SQSClient[] = [];
    const mappings: EventSourceMapping[] = [];
    const all = rehearsal.resources;
    for (const mapping of all.filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')) {
      const { region } = mapping;
      const settings = readMapping(mapping);
      const arn = functionArn(region, settings.functionName);
      // Lambda polls with the function's role.
      const credentials = await rehearsal.assumeRole(roleOf(all, mapping));
      const sqs = new SQSClient({ region, endpoint: rehearsal.endpoint, credentials });
      clients.push(sqs);
      mappings.push(
        new EventSourceMapping({
          ...settings,
          sqs,
          region,
          queueUrl: queueUrl(rehearsal.endpoint, settings.queueArn),
          batchWindowSeconds: settings.batchWindowSeconds * WINDOW_SCALE,
          invoke: async (event) => (await rehearsal.host(arn)).invoke(event),
          onInvocation: ({ outcome }) => {
            if (outcome.kind !== 'answered') failures.push(`${settings.functionName}: ${outcome.reason}`);
            else if (outcome.failedIds.size > 0) failures.push(`${settings.functionName}: messages were returned`);
          },
        }),
      );
    }
    const replicator = startReplicator(rehearsal, replicated);
    for (const mapping of mappings) mapping.start();
    await replicator.start();
    return new Pipeline({ mappings, clients, replicator, replicated, failures });
  }

  /** Resolves when nothing is under way at any stage. */
  async idle(): Promise<void> {
    // Twice, because each stage produces work for the next one, with replication in between.
    for (let stage = 0; stage < 2; stage += 1) {
      await Promise.all(this.#mappings.map((mapping) => mapping.idle()));
      await this.#replicator.idle();
    }
    await Promise.all(this.#mappings.map((mapping) => mapping.idle()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#mappings.map((mapping) => mapping.stop()));
    await this.#replicator.stop();
    for (const client of this.#clients) client.destroy();
  }
}

/** Executes the rules that the custom resources have put on the buckets. */
function startReplicator(rehearsal: Rehearsal, replicated: string[]): Replicator {
  const regions = new Set(rehearsal.resources.map(({ region }) => region));
  return new Replicator({
    regions: new Map([...regions].map((region) => [region, rehearsal.clients(region)])),
    sources: rehearsal.resources
      .filter(({ type }) => type === 'Custom::ReplicationRules')
      .map(({ region, properties }) => ({ region, bucket: textOf(properties['Bucket']) })),
    onReplicated: ({ key }, destination) => replicated.push(`${key} ${destination}`),
  });
}

function roleOf(all: readonly DeployedResource[], { region, properties }: DeployedResource): string {
  const served = all.find(
    ({ type, region: home, physicalId }) =>
      type === 'AWS::Lambda::Function' && home === region && physicalId === properties['FunctionName'],
  );
  return textOf(served?.properties['Role']);
}

function queueUrl(endpoint: string, arn: string): string {
  const [account, name] = arn.split(':').slice(-2);
  return `${endpoint}/${account}/${name}`;
}
