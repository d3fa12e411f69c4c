import type { PrefixRule, ReplicationStore, StoredReplication, StoredReplicationRule } from '../../deployment/ports.ts';
import type { S3Connection } from '../s3/connection.ts';
import { encodeText } from '../s3/xml.ts';
import { readPath, splitRoot, type XmlChild } from '../s3/xml-children.ts';
import { BucketDocument } from './bucket-document.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const BUCKET_ARN = /^arn:aws[a-z-]*:s3:::/;

/** Replication rules of S3 buckets. */
export class S3ReplicationStore implements ReplicationStore {
  readonly #documents: BucketDocument;
  readonly #partition: string;

  /** @param partition of the ARNs that it writes, such as `aws` */
  constructor(connection: S3Connection, partition: string) {
    this.#documents = new BucketDocument(connection, 'BucketReplication', 'replication');
    this.#partition = partition;
  }

  async read(bucket: string, signal: AbortSignal): Promise<StoredReplication | undefined> {
    const document = await this.#documents.read(bucket, signal);
    if (document === undefined) return undefined;
    const elements = splitRoot(document);
    return {
      role: readPath(elements.map(({ text }) => text).join(''), 'Role'),
      rules: elements.filter(({ name }) => name === 'Rule').map(describeRule),
    };
  }

  async replace(
    bucket: string,
    role: string,
    kept: readonly StoredReplicationRule[],
    added: readonly PrefixRule[],
    signal: AbortSignal,
  ): Promise<void> {
    const rules = [...kept.map(({ text }) => text), ...added.map((rule) => this.#writeRule(rule))];
    if (rules.length === 0) {
      await this.#documents.remove(bucket, signal);
      return;
    }
    const content = `<Role>${encodeText(role)}</Role>${rules.join('')}`;
    const document = `<ReplicationConfiguration xmlns="${NAMESPACE}">${content}</ReplicationConfiguration>`;
    await this.#documents.write(bucket, document, signal);
  }

  /** A rule with a `Filter` (V2) must have a priority and say whether delete markers are replicated. */
  #writeRule({ id, priority, prefix, destinationBucket, replicaKmsKeyArn }: PrefixRule): string {
    const isEncrypted = replicaKmsKeyArn !== '';
    const selection =
      '<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects></SourceSelectionCriteria>';
    const encryption = `<EncryptionConfiguration><ReplicaKmsKeyID>${encodeText(replicaKmsKeyArn)}</ReplicaKmsKeyID></EncryptionConfiguration>`;
    return [
      `<Rule><ID>${encodeText(id)}</ID><Priority>${priority}</Priority><Status>Enabled</Status>`,
      `<Filter><Prefix>${encodeText(prefix)}</Prefix></Filter>`,
      isEncrypted ? selection : '',
      `<Destination><Bucket>arn:${this.#partition}:s3:::${encodeText(destinationBucket)}</Bucket>`,
      isEncrypted ? encryption : '',
      // S3 reports failed replications only for rules with metrics.
      '<Metrics><Status>Enabled</Status></Metrics></Destination>',
      '<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>',
    ].join('');
  }
}

function describeRule({ text, content }: XmlChild): StoredReplicationRule {
  const replicaKmsKeyArn = readPath(content, 'Destination', 'EncryptionConfiguration', 'ReplicaKmsKeyID');
  const selection = readPath(content, 'SourceSelectionCriteria', 'SseKmsEncryptedObjects', 'Status');
  return {
    text,
    id: readPath(content, 'ID'),
    priority: Number(readPath(content, 'Priority')),
    prefix: readPath(content, 'Filter', 'Prefix'),
    destinationBucket: readPath(content, 'Destination', 'Bucket').replace(BUCKET_ARN, ''),
    replicaKmsKeyArn,
    isIntact:
      readPath(content, 'Status') === 'Enabled' &&
      readPath(content, 'Destination', 'Metrics', 'Status') === 'Enabled' &&
      readPath(content, 'DeleteMarkerReplication', 'Status') === 'Disabled' &&
      selection === (replicaKmsKeyArn === '' ? '' : 'Enabled'),
  };
}
