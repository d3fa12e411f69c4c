import { parsePriceFile } from '../../src/configuration/prices/price-file.ts';
import type { DeploymentDependencies } from '../../src/deployment/dependencies.ts';
import { UnreadableFunctionError } from '../../src/deployment/errors.ts';
import type {
  DeploymentLog,
  KeyFacts,
  PrefixRule,
  PriceQuery,
  QueueNotification,
  StoredNotification,
  StoredReplication,
  StoredReplicationRule,
} from '../../src/deployment/ports.ts';
import { AccessDeniedError } from '../../src/storage/errors.ts';

export const PRICE_FILE_TEXT = JSON.stringify({
  date: '2026-01-31',
  currency: 'USD',
  sources: ['a test'],
  everywhere: {
    lambda_gb_second: 1,
    lambda_request: 2,
    s3_put_request: 3,
    s3_get_request: 4,
    s3_storage_gb_month: 8,
    sqs_request: 5,
    kms_request: 9,
    dynamodb_write: 10,
    fargate_vcpu_hour: 6,
    fargate_gb_hour: 7,
  },
  transfer_gb: { 'eu-west-1': { 'us-east-2': 0.01, other: 0.02 } },
});

/** S3, KMS and the Price List in memory, for region eu-west-1. */
export class MemoryDeployment implements DeploymentDependencies {
  readonly region = 'eu-west-1';
  readonly file = parsePriceFile(PRICE_FILE_TEXT);
  readonly now = () => Date.UTC(2026, 10, 23, 12);
  /** A bucket's notifications; a bucket without an entry does not exist. */
  readonly notificationsOf = new Map<string, readonly StoredNotification[]>();
  readonly replicationOf = new Map<string, StoredReplication>();
  readonly bucketFacts = new Map<string, { readonly region: string; readonly versioned: boolean }>();
  /** Key of a bucket's default encryption, as S3 stores it. */
  readonly defaultKeys = new Map<string, string>();
  /** Facts by requested key. Default ARN: the requested one. */
  readonly keyFacts = new Map<string, Omit<KeyFacts, 'arn'> & Partial<KeyFacts>>();
  /** Image of a function, by its ARN. */
  readonly images = new Map<string, string>();
  readonly listedPrices = new Map<string, readonly number[]>();
  /** Requested waits in milliseconds, which all end at once. */
  readonly waits: number[] = [];
  /** Milliseconds, advanced by the waits. */
  clock = 0;
  readonly warnings: string[] = [];
  readonly notes: { readonly text: string; readonly attributes: object }[] = [];
  readonly failures: { text: string; error: unknown }[] = [];
  writes = 0;
  /** Runs after each write, to let someone else write or to fail. */
  afterWrite: () => void = () => undefined;
  /** Runs before each write. */
  beforeWrite: () => void = () => undefined;
  beforePrice: () => void = () => undefined;

  readonly patience = {
    sleep: (milliseconds: number) => {
      this.waits.push(milliseconds);
      this.clock += milliseconds;
      return Promise.resolve();
    },
    random: () => 0.5,
    now: () => this.clock,
    deadline: 280_000,
  };

  readonly notifications = {
    read: (bucket: string) => Promise.resolve(this.notificationsOf.get(bucket)),
    replace: async (bucket: string, kept: readonly StoredNotification[], added: readonly QueueNotification[]) => {
      await this.#write(() => {
        const written = added.map((entry) => ({ ...entry, text: `<${entry.id}>` }));
        this.notificationsOf.set(bucket, [...kept, ...written]);
      });
    },
  };

  readonly replication = {
    read: (bucket: string) => Promise.resolve(this.replicationOf.get(bucket)),
    replace: async (
      bucket: string,
      role: string,
      kept: readonly StoredReplicationRule[],
      added: readonly PrefixRule[],
    ) => {
      await this.#write(() => {
        const written = added.map((rule) => ({ ...rule, text: `<${rule.id}>`, isIntact: true }));
        const rules = [...kept, ...written];
        this.replicationOf.set(bucket, { role: rules.length === 0 ? '' : role, rules });
      });
    },
  };

  readonly buckets = {
    findRegion: (bucket: string) => Promise.resolve(this.bucketFacts.get(bucket)?.region),
    isVersioned: (bucket: string) => Promise.resolve(this.bucketFacts.get(bucket)?.versioned === true),
    findDefaultKey: (bucket: string) => Promise.resolve(this.defaultKeys.get(bucket)),
  };
  /** Keys that the deployment function may not read. */
  readonly hiddenKeys = new Set<string>();
  readonly keys = {
    find: (arn: string) => {
      if (this.hiddenKeys.has(arn)) return Promise.reject(new AccessDeniedError(`${arn} may not be read`));
      const facts = this.keyFacts.get(arn);
      return Promise.resolve(facts === undefined ? undefined : { arn, ...facts });
    },
  };
  readonly functions = {
    findImage: (functionArn: string) => {
      const image = this.images.get(functionArn);
      return image === undefined ? Promise.reject(new UnreadableFunctionError('no function')) : Promise.resolve(image);
    },
  };
  readonly priceList = {
    find: (query: PriceQuery) =>
      Promise.resolve().then(() => {
        this.beforePrice();
        const { group, toRegionCode } = query.attributes;
        return this.listedPrices.get(group ?? toRegionCode ?? query.usageTypeEnd ?? '') ?? [];
      }),
  };

  readonly log: DeploymentLog = {
    info: (text, attributes) => {
      this.notes.push({ text, attributes });
    },
    warn: (text) => {
      this.warnings.push(text);
    },
    logFailure: (text, error) => {
      this.failures.push({ text, error });
    },
  };

  #write(change: () => void): Promise<void> {
    return Promise.resolve().then(() => {
      this.writes += 1;
      this.beforeWrite();
      change();
      this.afterWrite();
    });
  }
}
