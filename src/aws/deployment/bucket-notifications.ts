import type { NotificationStore, QueueNotification, StoredNotification } from '../../deployment/ports.ts';
import type { S3Connection } from '../s3/connection.ts';
import { encodeText } from '../s3/xml.ts';
import { readAll, readPath, splitElements, splitRoot, type XmlChild } from '../s3/xml-children.ts';
import { BucketDocument } from './bucket-document.ts';

const EVENT_BRIDGE = 'EventBridgeConfiguration';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** The element that holds the destination, for each kind of notification. */
const DESTINATIONS: ReadonlyMap<string, string> = new Map([
  ['QueueConfiguration', 'Queue'],
  ['TopicConfiguration', 'Topic'],
  ['CloudFunctionConfiguration', 'CloudFunction'],
]);

/** Notifications of S3 buckets. */
export class S3NotificationStore implements NotificationStore {
  readonly #documents: BucketDocument;

  constructor(connection: S3Connection) {
    this.#documents = new BucketDocument(connection, 'BucketNotificationConfiguration', 'notification');
  }

  async read(bucket: string, signal: AbortSignal): Promise<readonly StoredNotification[] | undefined> {
    const document = await this.#documents.read(bucket, signal);
    return document === undefined ? undefined : splitRoot(document).map(describeNotification);
  }

  async replace(
    bucket: string,
    kept: readonly StoredNotification[],
    added: readonly QueueNotification[],
    signal: AbortSignal,
  ): Promise<void> {
    const entries = [...kept.map(({ text }) => text), ...added.map(writeNotification)];
    const document = `<NotificationConfiguration xmlns="${NAMESPACE}">${entries.join('')}</NotificationConfiguration>`;
    // S3 validates every destination in the document, including those of other applications. A call that adds no queue
    // does not depend on them, and must not fail because one of them no longer exists.
    const isUnchecked = added.every(({ isEventBridge }) => isEventBridge === true)
      ? ['x-amz-skip-destination-validation', 'true']
      : [];
    await this.#documents.write(bucket, document, signal, isUnchecked);
  }
}

function describeNotification({ name, text, content }: XmlChild): StoredNotification {
  const filter = new Map(
    splitElements(readFilter(content)).map((rule) => [
      readPath(rule.content, 'Name').toLowerCase(),
      readPath(rule.content, 'Value'),
    ]),
  );
  return {
    text,
    id: readPath(content, 'Id'),
    destination: readPath(content, DESTINATIONS.get(name) ?? ''),
    events: readAll(content, 'Event'),
    prefix: filter.get('prefix') ?? '',
    suffix: filter.get('suffix') ?? '',
    ...(name === EVENT_BRIDGE && { isEventBridge: true }),
  };
}

/** The `FilterRule` elements of a notification. */
function readFilter(content: string): string {
  const filter = splitElements(content).find(({ name }) => name === 'Filter')?.content ?? '';
  return splitElements(filter).find(({ name }) => name === 'S3Key')?.content ?? '';
}

function writeNotification({ id, destination, events, prefix, suffix, isEventBridge }: QueueNotification): string {
  if (isEventBridge === true) return `<${EVENT_BRIDGE}/>`;
  const rules = Object.entries({ prefix, suffix })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<FilterRule><Name>${name}</Name><Value>${encodeText(value)}</Value></FilterRule>`);
  return [
    '<QueueConfiguration>',
    `<Id>${encodeText(id)}</Id><Queue>${encodeText(destination)}</Queue>`,
    ...events.map((event) => `<Event>${encodeText(event)}</Event>`),
    rules.length === 0 ? '' : `<Filter><S3Key>${rules.join('')}</S3Key></Filter>`,
    '</QueueConfiguration>',
  ].join('');
}
