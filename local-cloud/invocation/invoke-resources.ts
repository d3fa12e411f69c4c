import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import type { Destination } from '../../src/configuration/rule.ts';
import { backfillQueueName, ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { type AwsServer, startAwsServer } from '../aws-server.ts';
import { LocalServerError } from '../errors.ts';
import { createBucket, enableVersioning } from '../pipeline/bucket-setup.ts';
import { createDeletionsTable } from '../pipeline/deletions-table.ts';
import { createQueue, type LocalQueue } from '../pipeline/queue-pair.ts';
import { createRegionClients, destroyRegionClients, LOCAL_CREDENTIALS, type RegionClients } from '../region-clients.ts';
import type {
  ClockEvent,
  FileEvent,
  Invocable,
  InvocableFunction,
  QueueEvent,
  RuleEvent,
  StackEvent,
} from './functions.ts';
import { namedObjects, withVersionIds } from './named-objects.ts';
import { namedResources } from './named-resources.ts';
import { putSample } from './put-sample.ts';
import { type ResponseServer, startResponseServer } from './response-server.ts';
import { makeSampleBody } from './sample-object.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const EVENTS = path.join(CHECKOUT, 'events');
const CONFIGURATION_FOLDER = path.join(CHECKOUT, 'configuration');
/** Table in which a target records deletions, if a rule replicates deletions to it. */
const DELETIONS_TABLE = 'deletions';

/** Host of the local servers in events/env.json: a container's name for the machine that it runs on. */
const CONTAINER_ENDPOINT = 'http://host.docker.internal:5000';

const environments = z.record(z.string(), z.record(z.string(), z.string()));
type Environments = z.infer<typeof environments>;

export interface InvokeQueue extends LocalQueue {
  readonly name: string;
  readonly region: string;
}

/** Local S3 and SQS in which the events of `events/` are true: the buckets, objects and queues in them exist. */
export class InvokeResources {
  readonly #server: AwsServer;
  readonly #environments: Environments;
  readonly #clients = new Map<string, RegionClients>();
  /** Region by bucket. */
  readonly #buckets = new Map<string, string>();
  readonly #queues = new Map<string, InvokeQueue>();
  readonly #versions = new Map<string, string>();
  /** Directory of the configuration files. */
  readonly #directory: string;
  readonly #configuration: Configuration;
  /** Regions whose tables exist. */
  readonly #remembering = new Set<string>();
  readonly answers: ResponseServer;

  private constructor(
    server: AwsServer,
    answers: ResponseServer,
    known: Environments,
    configured: { readonly directory: string; readonly configuration: Configuration },
  ) {
    this.#server = server;
    this.answers = answers;
    this.#environments = known;
    this.#directory = configured.directory;
    this.#configuration = configured.configuration;
  }

  /**
   * @param directory of the configuration files; its rules have the ids of the example's
   * @throws what `loadConfiguration` and `startAwsServer` throw
   */
  static async start(announce: (line: string) => void, directory = CONFIGURATION_FOLDER): Promise<InvokeResources> {
    const configuration = await loadConfiguration(directory);
    const known = environments.parse(JSON.parse(await readFile(path.join(EVENTS, 'env.json'), 'utf8')));
    // One server is enough: moto serves whichever region a request is signed for.
    const server = await startAwsServer({ region: 'all regions', announce });
    return new InvokeResources(server, await startResponseServer(), known, { directory, configuration });
  }

  get endpoint(): string {
    return this.#server.endpoint;
  }

  /** Region by bucket, in order of creation. */
  get buckets(): ReadonlyMap<string, string> {
    return this.#buckets;
  }

  get queues(): readonly InvokeQueue[] {
    return [...this.#queues.values()];
  }

  clients(region: string): RegionClients {
    const clients = this.#clients.get(region) ?? createRegionClients(region, this.endpoint);
    this.#clients.set(region, clients);
    return clients;
  }

  /**
   * Variables of a function: those of events/env.json with this stage's addresses, and those that Lambda itself would
   * set.
   */
  environmentOf({ name, path: functionPath, region }: InvocableFunction): Record<string, string> {
    const given = this.#variables(functionPath);
    const here = Object.entries(given).map(([name, value]) => [name, value.replace(CONTAINER_ENDPOINT, this.endpoint)]);
    return {
      ...(Object.fromEntries(here) as Record<string, string>),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      CONFIGURATION_DIRECTORY: this.#directory,
      ...(name === 'target' && this.#replicatesDeletesTo(region) ? { DELETIONS_TABLE } : {}),
    };
  }

  /**
   * Creates everything that the function and its event refer to.
   * @returns the event to send: with version ids from the local S3, and with `answers` as the receiver of a custom
   * resource's response
   */
  async prepare(invocable: Invocable): Promise<QueueEvent | StackEvent | RuleEvent | ClockEvent | FileEvent> {
    switch (invocable.kind) {
      case 'queue':
        return this.#prepareBatch(invocable.target, invocable.event);
      case 'stack':
        return this.#prepareRequest(invocable.target, invocable.event);
      case 'rule':
        return this.#prepareRule(invocable.target, invocable.event);
      case 'clock':
        await this.#makePipeline(invocable.target);
        return invocable.event;
      case 'file':
        await this.#prepareFile(invocable.target, invocable.event);
        return invocable.event;
    }
  }

  async stop(): Promise<void> {
    for (const clients of this.#clients.values()) destroyRegionClients(clients);
    await Promise.all([this.answers.stop(), this.#server.stop()]);
  }

  async #prepareBatch({ name, path: functionPath, region }: InvocableFunction, event: QueueEvent): Promise<QueueEvent> {
    const variables = this.#variables(functionPath);
    for (const [variable, value] of Object.entries(variables)) {
      // Empty: the example's rules have no such queue.
      if (variable.endsWith('QUEUE_URL') && value !== '') await this.#makeQueue(region, path.basename(value));
      if (variable.endsWith('_BUCKET')) await this.#makeBucket(region, value);
    }
    if (name === 'target') await this.#makeDestinations(region);
    for (const named of event.Records.flatMap(({ body }) => namedObjects(body))) {
      await this.#makeBucket(region, named.bucket);
      const { etag, versionId } = await putSample(this.clients(region).s3, named, path.join(EVENTS, 'archives'));
      if (versionId !== undefined) this.#versions.set(versionName(named.bucket, named.key, etag), versionId);
    }
    const versionOf = (...version: [string, string, string]) => this.#versions.get(versionName(...version));
    return {
      ...event,
      Records: event.Records.map((record) => ({ ...record, body: withVersionIds(record.body, versionOf) })),
    };
  }

  async #prepareRequest({ region }: InvocableFunction, event: StackEvent): Promise<StackEvent> {
    const { buckets, queues } = namedResources(event, region);
    for (const bucket of buckets) await this.#makeBucket(bucket.region, bucket.bucket);
    for (const queue of queues) await this.#makeQueue(region, queue);
    return { ...event, ResponseURL: this.answers.url };
  }

  /** An object that exists only at the source, and both buckets of the rule. */
  async #prepareRule({ path: functionPath, region }: InvocableFunction, event: RuleEvent): Promise<RuleEvent> {
    await this.#makeBucket(region, this.#variables(functionPath)['PROGRESS_BUCKET'] ?? '');
    const rule = this.#configuration.rules.find(({ id }) => id === event.rule);
    for (const end of rule === undefined ? [] : [rule.source, ...rule.destinations]) {
      await this.#makeBucket(end.region, end.bucket);
    }
    if (rule !== undefined) {
      const key = `${rule.source.prefix}never replicated${rule.source.suffix}`;
      await this.clients(region).s3.send(
        new PutObjectCommand({ Bucket: rule.source.bucket, Key: key, Body: makeSampleBody(key, 1000) }),
      );
    }
    return event;
  }

  /** The resources that the watermark function of a region reads. */
  async #makePipeline({ path: functionPath, region }: InvocableFunction): Promise<void> {
    const { INBOUND_BUCKETS = '', FAILURES_QUEUE = '', ...variables } = this.#variables(functionPath);
    for (const [variable, value] of Object.entries(variables)) {
      if (variable.endsWith('_BUCKET')) await this.#makeBucket(region, value);
    }
    await this.#makeQueue(region, FAILURES_QUEUE);
    for (const { source, destinations } of this.#configuration.rules.filter((rule) => rule.source.region === region)) {
      await this.#makeBucket(region, source.bucket);
      for (const target of destinations) {
        await this.#makeBucket(target.region, INBOUND_BUCKETS.replace('*', target.region));
      }
    }
  }

  /** The data file of an inventory, and the queue for its objects. */
  async #prepareFile({ region }: InvocableFunction, { job, file }: FileEvent): Promise<void> {
    const { settings } = this.#configuration;
    await this.#makeQueue(region, backfillQueueName(ruleResourceName(settings.stack_name, job.rule)));
    const { bucket } = job.inventory;
    await this.#makeBucket(region, bucket);
    const Body = await readFile(path.join(EVENTS, 'inventories', path.basename(file.key)));
    await this.clients(region).s3.send(new PutObjectCommand({ Bucket: bucket, Key: file.key, Body }));
  }

  /** The buckets in a region that the rules of the configuration restore to. */
  async #makeDestinations(region: string): Promise<void> {
    for (const { bucket } of this.#destinationsIn(region)) await this.#makeBucket(region, bucket);
    if (!this.#replicatesDeletesTo(region) || this.#remembering.has(region)) return;
    this.#remembering.add(region);
    await createDeletionsTable(this.clients(region).dynamodb, DELETIONS_TABLE);
  }

  #replicatesDeletesTo(region: string): boolean {
    return this.#destinationsIn(region).some(({ deletes }) => deletes === 'replicate');
  }

  #destinationsIn(region: string): readonly Destination[] {
    const destinations = this.#configuration.rules.flatMap((rule) => rule.destinations);
    return destinations.filter((destination) => destination.region === region);
  }

  #variables(functionPath: string): Readonly<Record<string, string>> {
    const variables = this.#environments[functionPath];
    if (variables !== undefined) return variables;
    throw new LocalServerError(`events/env.json has no variables of ${functionPath}`, { context: { functionPath } });
  }

  async #makeBucket(region: string, bucket: string): Promise<void> {
    if (this.#buckets.has(bucket)) return;
    const { s3 } = this.clients(region);
    await createBucket(s3, region, bucket);
    await enableVersioning(s3, bucket);
    this.#buckets.set(bucket, region);
  }

  async #makeQueue(region: string, name: string): Promise<void> {
    if (this.#queues.has(name)) return;
    const queue = await createQueue(this.clients(region).sqs, name, {});
    this.#queues.set(name, { ...queue, name, region });
  }
}

function versionName(bucket: string, key: string, etag: string): string {
  return JSON.stringify([bucket, key, etag]);
}
