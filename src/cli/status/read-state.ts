import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { QueueDoesNotExist } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { S3CheckpointObject } from '../../aws/s3/checkpoint-object.ts';
import { checkpointKey } from '../../backfill/checkpoint.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import { ownBucketName } from '../../configuration/schema/resource-names.ts';
import { KEPT_PREFIX } from '../../resend/kept-key.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { AwsClients } from '../command/aws-clients.ts';
import { deployedNames } from '../command/deployed-names.ts';
import { formatPlural } from '../command/numbers.ts';
import { countMessages, type QueueCounts } from '../command/queue-counts.ts';
import { describeVerification, type VerificationStatus } from './describe-verification.ts';

const MAX_CONCURRENT_CALLS = 24;
/** ECS's limit of services per call. */
const SERVICES_PER_CALL = 10;

export interface TaskCounts {
  readonly running: number;
  readonly desired: number;
}

/** The current state of the regions. Things that could not be read are absent. */
export interface PipelineState {
  /** By `<region> <queue>`. */
  readonly queues: ReadonlyMap<string, QueueCounts>;
  /** By `<region> <service>`. */
  readonly tasks: ReadonlyMap<string, TaskCounts>;
  /** Archives that could not be replicated and are kept, by rule; counted up to 1,000. */
  readonly givenUp: ReadonlyMap<string, number>;
  /** Of rules with scheduled verifications. */
  readonly verifications: ReadonlyMap<string, VerificationStatus>;
  /** A sentence for each problem. */
  readonly unseen: readonly string[];
}

export interface StateAccess {
  readonly account: string;
  readonly clients: AwsClients;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Called when a call has succeeded or failed. */
  readonly onAnswer: () => void;
}

/** Reads queues, fallback services and kept archives of the regions concurrently. */
export async function readState(
  configuration: Configuration,
  plans: readonly RegionPlan[],
  { account, clients, signal, now, onAnswer }: StateAccess,
): Promise<PipelineState> {
  const queues = new Map<string, QueueCounts>();
  const tasks = new Map<string, TaskCounts>();
  const givenUp = new Map<string, number>();
  const verifications = new Map<string, VerificationStatus>();
  const unseen = new Set<string>();
  /** Queues by region. */
  const missing = new Map<string, number>();
  const limit = pLimit(MAX_CONCURRENT_CALLS);
  const look = (region: string, what: string, read: () => Promise<void>): Promise<void> =>
    limit(async () => {
      try {
        signal.throwIfAborted();
        await read();
      } catch (thrown) {
        if (thrown instanceof QueueDoesNotExist) {
          missing.set(region, (missing.get(region) ?? 0) + 1);
          return;
        }
        const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
        unseen.add(`${what}: ${said}`);
      } finally {
        onAnswer();
      }
    });
  await Promise.all(
    plans.flatMap((plan) => {
      const { region } = plan;
      const names = deployedNames(configuration, plan);
      const services = names.queues.filter(({ kind }) => kind === 'fallback').map(({ name }) => name);
      const inQueues = [...new Set(names.queues.flatMap(({ name, deadLetters }) => [name, deadLetters]))].map((name) =>
        look(region, `queue ${name} of ${region}`, async () => {
          queues.set(`${region} ${name}`, await countMessages(clients.sqs(region), name, signal));
        }),
      );
      const ofServices = chunks(services, SERVICES_PER_CALL).map((some) =>
        look(region, `services of ${region}`, async () => {
          const command = new DescribeServicesCommand({ cluster: names.cluster, services: some });
          const { services: found = [] } = await clients.ecs(region).send(command, { abortSignal: signal });
          for (const { serviceName = '', runningCount = 0, desiredCount = 0 } of found) {
            tasks.set(`${region} ${serviceName}`, { running: runningCount, desired: desiredCount });
          }
        }),
      );
      const kept = plan.outgoing.map(({ id }) =>
        look(region, `kept archives of ${region}`, async () => {
          const Bucket = ownBucketName(configuration.settings.stack_name, account, region, 'failed');
          const command = new ListObjectsV2Command({ Bucket, Prefix: `${KEPT_PREFIX}${id}/` });
          const { KeyCount = 0 } = await clients.s3(region).send(command, { abortSignal: signal });
          givenUp.set(id, KeyCount);
        }),
      );
      const verified = plan.outgoing.flatMap((rule) => {
        const { id, verify } = rule;
        if (verify === undefined) return [];
        return look(region, `last verification of ${id}`, async () => {
          const bucket = ownBucketName(configuration.settings.stack_name, account, region, 'progress');
          const store = new S3CheckpointObject(clients.s3(region), bucket, checkpointKey('scheduled-verify', id));
          verifications.set(id, describeVerification(rule, verify, await store.load(), now));
        });
      });
      return [...inQueues, ...ofServices, ...kept, ...verified];
    }),
  );
  signal.throwIfAborted();
  for (const [region, count] of missing) {
    unseen.add(
      `${formatPlural(count, 'queue')} of ${region}, which ${count === 1 ? 'does' : 'do'} not exist. Is the region deployed? See s3xrc doctor.`,
    );
  }
  return { queues, tasks, givenUp, verifications, unseen: [...unseen] };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
