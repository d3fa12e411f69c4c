import type { CompressorError } from '../errors.ts';

export interface BucketDirectory {
  /**
   * The region that the bucket is in, looked for in `region` first; undefined when there is no such bucket.
   * @throws CompressorError when it cannot be looked at
   */
  findRegion(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Whether a bucket of the region keeps versions now.
   * @throws CompressorError when it cannot be looked at
   */
  isVersioned(bucket: string, region: string, signal: AbortSignal): Promise<boolean>;
  /**
   * The KMS key that a bucket of the region encrypts with when a writer names none: ARN or id of a key or alias, as S3 holds
   * it. Undefined without one, with AWS's own, and when we may not look.
   * @throws CompressorError when it cannot be looked at for another reason
   */
  findDefaultKey(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined>;
}

/** One notification of a bucket as S3 holds it, or another element of its configuration. */
export interface StoredNotification {
  /** Handed back as it came: what this version does not understand survives too. */
  readonly text: string;
  /** Empty for elements that are not notifications, such as the switch to EventBridge. */
  readonly id: string;
  /** ARN. */
  readonly destination: string;
  readonly events: readonly string[];
  /** In the encoding of S3's filters. */
  readonly prefix: string;
  readonly suffix: string;
  /** The switch to EventBridge: all else in it is empty. */
  readonly eventBridge?: true;
}

/** A notification of ours, to a queue, or the switch to EventBridge. */
export type QueueNotification = Omit<StoredNotification, 'text'>;

export interface NotificationStore {
  /** Undefined when the bucket does not exist. */
  read(bucket: string, signal: AbortSignal): Promise<readonly StoredNotification[] | undefined>;
  /**
   * Replaces the whole configuration.
   * @throws ConfigurationRefusedError when S3 does not take it
   */
  replace(
    bucket: string,
    kept: readonly StoredNotification[],
    added: readonly QueueNotification[],
    signal: AbortSignal,
  ): Promise<void>;
}

/** What we say in a replication rule; all else is fixed: enabled, metrics on, delete markers off. */
export interface PrefixRule {
  readonly id: string;
  readonly priority: number;
  readonly prefix: string;
  readonly destinationBucket: string;
  /** Key or alias ARN; empty: replicas keep the destination's own encryption. */
  readonly replicaKmsKeyArn: string;
}

/** A rule as S3 holds it. */
export interface StoredReplicationRule extends PrefixRule {
  /** Handed back as it came. */
  readonly text: string;
  /** Whether the fixed parts are as we put them. */
  readonly intact: boolean;
}

export interface StoredReplication {
  /** ARN of the one role of the bucket; empty without a configuration. */
  readonly role: string;
  readonly rules: readonly StoredReplicationRule[];
}

export interface ReplicationStore {
  /** Without rules when none are configured; undefined when the bucket does not exist. */
  read(bucket: string, signal: AbortSignal): Promise<StoredReplication | undefined>;
  /**
   * Replaces the whole configuration; removes it when there are no rules.
   * @throws ConfigurationRefusedError when S3 does not take it
   */
  replace(
    bucket: string,
    role: string,
    kept: readonly StoredReplicationRule[],
    added: readonly PrefixRule[],
    signal: AbortSignal,
  ): Promise<void>;
}

export interface KeyFacts {
  /** Of the key itself, whatever it was asked for by. */
  readonly arn: string;
  readonly enabled: boolean;
  /** `Enabled`, `PendingDeletion` and so on, for messages. */
  readonly state: string;
  /** S3 takes no others. */
  readonly symmetricEncryption: boolean;
}

export interface KeyDirectory {
  /** The key of a key or alias ARN, asked for in the ARN's region; undefined when there is none. */
  find(arn: string, signal: AbortSignal): Promise<KeyFacts | undefined>;
}

export interface FunctionDirectory {
  /**
   * URI of the image that a function runs, with its digest.
   * @param functionArn of the function or of one of its versions
   * @throws UnreadableFunctionError
   */
  findImage(functionArn: string, signal: AbortSignal): Promise<string>;
}

/** One price in the Price List: a product selected by all of its attributes. */
export interface PriceQuery {
  readonly serviceCode: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** End of the usage type, where no other attribute tells products apart. */
  readonly usageTypeEnd?: string;
}

export interface PriceList {
  /**
   * Prices in USD a unit that the query selects, one a paid tier, as decimal numbers above 0. Empty: no such product.
   * @throws UnavailablePriceListError
   */
  find(query: PriceQuery, signal: AbortSignal): Promise<readonly number[]>;
}

/** Lines for the operator, beside what CloudFormation is told. */
export interface DeploymentLog {
  info(text: string, attributes: Readonly<Record<string, unknown>>): void;
  warn(text: string, attributes: Readonly<Record<string, unknown>>): void;
  logFailure(text: string, error: CompressorError, attributes?: Readonly<Record<string, unknown>>): void;
}
