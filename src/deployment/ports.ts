import type { CompressorError } from '../errors.ts';

export interface BucketDirectory {
  /**
   * The region of the bucket, which is looked up in `region` first; undefined if it does not exist.
   * @throws CompressorError if it cannot be read
   */
  findRegion(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Whether versioning of a bucket in the region is enabled.
   * @throws CompressorError if it cannot be read
   */
  isVersioned(bucket: string, region: string, signal: AbortSignal): Promise<boolean>;
  /**
   * The KMS key that a bucket of the region encrypts with if a writer names none: ARN or id of a key or alias, as S3
   * stores it. Undefined if there is none, if it is AWS's own, or if we have no permission to read it.
   * @throws CompressorError if it cannot be read for another reason
   */
  findDefaultKey(bucket: string, region: string, signal: AbortSignal): Promise<string | undefined>;
}

/** One notification of a bucket as S3 stores it, or another element of its configuration. */
export interface StoredNotification {
  /** Returned unchanged: what this version does not understand is kept. */
  readonly text: string;
  /** Empty for elements that are not notifications, such as the switch to EventBridge. */
  readonly id: string;
  /** ARN. */
  readonly destination: string;
  readonly events: readonly string[];
  /** In the encoding of S3's filters. */
  readonly prefix: string;
  readonly suffix: string;
  /** The element that turns EventBridge on: everything else in it is empty. */
  readonly isEventBridge?: true;
}

/** One of our notifications to a queue, or the element that turns EventBridge on. */
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

/** The variable parts of our replication rules; everything else is fixed: enabled, metrics on, delete markers off. */
export interface PrefixRule {
  readonly id: string;
  readonly priority: number;
  readonly prefix: string;
  readonly destinationBucket: string;
  /** Key or alias ARN; empty: replicas keep the destination's own encryption. */
  readonly replicaKmsKeyArn: string;
}

/** A rule as S3 stores it. */
export interface StoredReplicationRule extends PrefixRule {
  /** Returned unchanged. */
  readonly text: string;
  /** Whether the fixed parts are as we write them. */
  readonly isIntact: boolean;
}

export interface StoredReplication {
  /** ARN of the one role of the bucket; empty without a configuration. */
  readonly role: string;
  readonly rules: readonly StoredReplicationRule[];
}

export interface ReplicationStore {
  /** Has no rules if none are configured; undefined if the bucket does not exist. */
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
  /** ARN of the key itself, even if an alias was given. */
  readonly arn: string;
  readonly isEnabled: boolean;
  /** `Enabled`, `PendingDeletion` and so on, for messages. */
  readonly state: string;
  /** S3 accepts no others. */
  readonly isForSymmetricEncryption: boolean;
}

export interface KeyDirectory {
  /** The key of a key or alias ARN, looked up in the ARN's region; undefined if there is none. */
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
  /** End of the usage type, if no other attribute distinguishes products. */
  readonly usageTypeEnd?: string;
}

export interface PriceList {
  /**
   * Prices in USD per unit that the query selects, one per paid tier, as decimal numbers above 0. Empty: no such
   * product.
   * @throws UnavailablePriceListError
   */
  find(query: PriceQuery, signal: AbortSignal): Promise<readonly number[]>;
}

/** Log lines for the operator, in addition to the response to CloudFormation. */
export interface DeploymentLog {
  info(text: string, attributes: Readonly<Record<string, unknown>>): void;
  warn(text: string, attributes: Readonly<Record<string, unknown>>): void;
  logFailure(text: string, error: CompressorError, attributes?: Readonly<Record<string, unknown>>): void;
}
