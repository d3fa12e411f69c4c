import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS } from '../../../local-cloud/region-clients.ts';
import { S3ObjectPager } from '../../../src/aws/s3/object-pager.ts';
import { SqsBulkSender } from '../../../src/aws/sqs/bulk-sender.ts';
import type { Clock, ExistingObjectQueue } from '../../../src/backfill/dependencies.ts';
import { ListingSource } from '../../../src/backfill/entry-sources.ts';
import { runBackfill } from '../../../src/backfill/run-backfill.ts';
import type { ObjectPager } from '../../../src/listing/dependencies.ts';
import { runVerification } from '../../../src/verifying/run-verification.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { exampleRule } from '../../support/rules.ts';

const CLOCK: Clock = { now: Date.now, sleep: () => Promise.resolve() };
const { signal } = new AbortController();
const nothing = (): Promise<void> => Promise.resolve();

/** Queues every key, as `s3xrc backfill` does. @param onProgress is called with the number of queued keys */
export async function queueKeys(
  pager: ObjectPager,
  queue: ExistingObjectQueue,
  onProgress: (keys: number) => void,
): Promise<void> {
  await runBackfill(
    { rule: exampleRule(), filter: {}, pace: {}, signal },
    {
      source: new ListingSource(pager, 'source-bucket', ''),
      queue,
      clock: CLOCK,
      checkpoint: nothing,
      onProgress: ({ queued }) => {
        onProgress(queued);
      },
      onArchived: () => undefined,
    },
  );
}

/** Compares two listings, as `s3xrc verify` does. @returns keys that the destination does not have */
export async function compareKeys(
  source: ObjectPager,
  destination: ObjectPager,
  onProgress: (keys: number) => void,
): Promise<number> {
  const rule = exampleRule();
  const store = new MemoryObjectStore();
  const { missing } = await runVerification(
    { rule, filter: {}, proof: 'none', oneIn: 1, dueBefore: Date.now(), pace: {}, signal },
    {
      source: { pager: source, store },
      destinations: rule.destinations.map((one) => ({ destination: one, pager: destination, store })),
      clock: CLOCK,
      checkpoint: nothing,
      onProgress: ({ compared }) => {
        onProgress(compared);
      },
      onFinding: () => undefined,
    },
  );
  return missing;
}

/** Pager and queue for a server, and their open connections. */
export async function withServer<T>(
  endpoint: string,
  work: (pager: ObjectPager, queue: ExistingObjectQueue) => Promise<T>,
): Promise<T> {
  const options = { endpoint, region: 'eu-west-1', credentials: LOCAL_CREDENTIALS };
  const [s3, sqs] = [new S3Client({ ...options, forcePathStyle: true }), new SQSClient(options)];
  const pager = new S3ObjectPager(s3);
  const queue = new SqsBulkSender({ client: sqs, queueUrl: `${endpoint}/123456789012/existing` });
  try {
    return await work(pager, queue);
  } finally {
    await queue.close();
    await pager.close();
    s3.destroy();
    sqs.destroy();
  }
}
