import { setTimeout as sleep } from 'node:timers/promises';
import { GetBucketNotificationConfigurationCommand, GetBucketReplicationCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { BackgroundLoop } from './background-loop.ts';
import { ReplicationSetupError } from './errors.ts';
import type { RegionClients } from './region-clients.ts';
import { listVersions, readVersioning } from './replication/bucket-versions.ts';
import { chooseDestinations, type ReplicationOrder } from './replication/choose-destinations.ts';
import { copyVersion, type ReplicatedVersion } from './replication/copy-version.ts';
import { replicationFailureEvent } from './replication/failure-event.ts';

const POLL_MILLISECONDS = 100;
const PARALLEL_COPIES = 4;

const FAILURE_EVENTS: readonly string[] = ['s3:Replication:*', 's3:Replication:OperationFailedReplication'];

export interface ReplicatorOptions {
  readonly regions: ReadonlyMap<string, RegionClients>;
  /** Buckets whose replication configuration is carried out. */
  readonly sources: readonly { readonly region: string; readonly bucket: string }[];
  /** Min time between a write and its replica. Default: 0. */
  readonly delaySeconds?: number;
  /** Returning a reason makes the replication of this object fail permanently, as a missing permission would. */
  readonly refuse?: (key: string, destinationBucket: string) => string | undefined;
  /** Called with each finished copy. */
  readonly onReplicated?: (version: ReplicatedVersion, destinationBucket: string) => void;
}

interface HeldCopy {
  readonly region: string;
  readonly version: ReplicatedVersion;
  readonly order: ReplicationOrder;
}

/**
 * Behaves like S3's Cross-Region Replication: copies each new version in the source buckets to the destinations of its
 * rules, once; but not existing objects, replicas of other rules or delete markers. Never retries a failed replication.
 *
 * It finds new versions by listing, so it cannot miss any; that is cheap for buckets with a few thousand versions, such
 * as those of archives.
 */
export class Replicator {
  readonly #options: ReplicatorOptions;
  readonly #loop = new BackgroundLoop(() => this.#round());
  readonly #limit = pLimit(PARALLEL_COPIES);
  /** Bucket and version of everything that was processed, and of the replicas created here. */
  readonly #known = new Set<string>();
  /** The last copy under way to each key: versions of one key arrive in the order in which they were written. */
  readonly #copies = new Map<string, Promise<void>>();
  /** The versions that wait for `release`, and whether new ones join them. */
  readonly #held: HeldCopy[] = [];
  #isHolding = false;
  #started = false;

  constructor(options: ReplicatorOptions) {
    this.#options = options;
  }

  /** @throws ReplicationSetupError when a source bucket is not versioned */
  async start(): Promise<void> {
    for (const { region, bucket } of this.#options.sources) {
      const { s3 } = this.#clients(region);
      if ((await readVersioning(s3, bucket)) !== 'Enabled') {
        throw new ReplicationSetupError(`${bucket} in ${region} has no versioning, which replication needs`);
      }
      if (!this.#started) for (const version of await listVersions(s3, bucket)) this.#known.add(identify(version));
    }
    this.#started = true;
    this.#loop.start();
  }

  /** Stops looking for new versions and waits for the copies that are under way. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#copiesDone();
    await this.#loop.throwFailure();
  }

  /** Resolves when everything that was written before the call is copied, or has failed permanently. */
  async idle(): Promise<void> {
    await this.#loop.throwFailure();
    await this.#round();
    await this.#loop.orFailure(this.#copiesDone());
  }

  /** Versions written before the call pass; later ones wait, like one that S3 is slow to replicate. */
  async hold(): Promise<void> {
    await this.#round();
    this.#isHolding = true;
  }

  /** Versions written before the call wait until `release`; later ones pass. */
  async letPass(): Promise<void> {
    await this.#round();
    this.#isHolding = false;
  }

  /** Versions that wait, each once. */
  get held(): readonly ReplicatedVersion[] {
    return [...new Set(this.#held.map(({ version }) => version))];
  }

  /** Copies the waiting versions. */
  release(): void {
    for (const { region, version, order } of this.#held.splice(0)) this.#enqueue(region, version, order);
  }

  async #copiesDone(): Promise<void> {
    while (this.#copies.size > 0) await Promise.all(this.#copies.values());
  }

  async #round(): Promise<void> {
    for (const { region, bucket } of this.#options.sources) await this.#replicateNew(region, bucket);
    await sleep(POLL_MILLISECONDS);
  }

  async #replicateNew(region: string, bucket: string): Promise<void> {
    const { s3 } = this.#clients(region);
    const versions = (await listVersions(s3, bucket)).filter((version) => !this.#known.has(identify(version)));
    if (versions.length === 0) return;
    // A replica that is being written here is only known after its write has completed.
    await Promise.all([...this.#copies].filter(([target]) => target.startsWith(`${bucket}/`)).map(([, copy]) => copy));
    const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket: bucket }));
    for (const version of versions) {
      if (this.#known.has(identify(version))) continue;
      this.#known.add(identify(version));
      for (const order of chooseDestinations(ReplicationConfiguration?.Rules ?? [], version.key)) {
        if (this.#isHolding) this.#held.push({ region, version, order });
        else this.#enqueue(region, version, order);
      }
    }
  }

  #enqueue(region: string, version: ReplicatedVersion, order: ReplicationOrder): void {
    const target = `${order.destinationBucket}/${version.key}`;
    const before = this.#copies.get(target) ?? sleep((this.#options.delaySeconds ?? 0) * 1000);
    const copy = before
      .then(() => this.#limit(() => this.#replicate(region, version, order)))
      .catch(this.#loop.fail)
      .finally(() => {
        if (this.#copies.get(target) === copy) this.#copies.delete(target);
      });
    this.#copies.set(target, copy);
  }

  async #replicate(region: string, version: ReplicatedVersion, order: ReplicationOrder): Promise<void> {
    const { destinationBucket, storageClass } = order;
    const destination = await this.#locate(destinationBucket);
    const refusal = this.#options.refuse?.(version.key, destinationBucket) ?? destination.problem;
    if (refusal !== undefined || destination.clients === undefined) {
      await this.#tellOfFailure(region, version, order, refusal ?? 'DstBucketNotFound');
      return;
    }
    const { s3 } = destination.clients;
    const target = { s3, bucket: destinationBucket, ...(storageClass !== undefined && { storageClass }) };
    try {
      const versionId = await copyVersion(this.#clients(region).s3, version, target);
      this.#known.add(identify({ bucket: destinationBucket, versionId }));
    } catch (error) {
      // The version was deleted before its turn; S3 does not replicate such a version either.
      if (error instanceof NoSuchKey || (error instanceof Error && error.name === 'NoSuchVersion')) return;
      throw error;
    }
    this.#options.onReplicated?.(version, destinationBucket);
  }

  async #locate(bucket: string): Promise<{ clients?: RegionClients; problem?: string }> {
    for (const clients of this.#options.regions.values()) {
      const versioning = await readVersioning(clients.s3, bucket);
      if (versioning === 'Enabled') return { clients };
      if (versioning === 'Off') return { problem: 'DstBucketUnversioned' };
    }
    return { problem: 'DstBucketNotFound' };
  }

  async #tellOfFailure(
    region: string,
    version: ReplicatedVersion,
    order: ReplicationOrder,
    reason: string,
  ): Promise<void> {
    if (!order.hasMetrics) return;
    const { s3, sqs } = this.#clients(region);
    const { QueueConfigurations } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: version.bucket }),
    );
    for (const { Id = '', QueueArn = '', Events } of QueueConfigurations ?? []) {
      if (!Events?.some((event) => FAILURE_EVENTS.includes(event))) continue;
      const origin = { region, configurationId: Id, time: new Date() };
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QueueArn.split(':').at(-1) }));
      const MessageBody = JSON.stringify(replicationFailureEvent(version, order, reason, origin));
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
  }

  #clients(region: string): RegionClients {
    const clients = this.#options.regions.get(region);
    if (clients === undefined) throw new ReplicationSetupError(`The local cloud has no region ${region}`);
    return clients;
  }
}

function identify({ bucket, versionId }: { readonly bucket: string; readonly versionId: string }): string {
  return `${bucket}/${versionId}`;
}
