import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS } from '../../../local-cloud/region-clients.ts';
import { S3ObjectPager } from '../../../src/aws/s3/object-pager.ts';
import { SqsBulkSender } from '../../../src/aws/sqs/bulk-sender.ts';
import { ListingSource } from '../../../src/backfill/entry-sources.ts';
import { runBackfill } from '../../../src/backfill/run-backfill.ts';
import { exampleRule } from '../../support/rules.ts';
import type { Experiment } from '../experiment.ts';
import { atLeast, atMost } from '../row.ts';

const SERVER = fileURLToPath(new URL('../listed-server.ts', import.meta.url));
const KEYS = 1_000_000;
/** Buffers and heap as the collector leaves them, on a machine that has room. */
const MIB = 2 ** 20;

/** `s3xrc backfill` without what AWS takes: a listing of generated keys, and a queue that counts. */
export const backfillOfManyKeys: Experiment = {
  rows: [
    {
      name: 'backfill-queueing',
      title: `objects listed and queued, of ${KEYS} generated keys; server and command share the machine`,
      unit: 'objects/s',
      goal: atLeast(20_000),
    },
    {
      name: 'backfill-memory',
      title: 'growth of the highest resident memory from the first to the second half of that run',
      unit: 'bytes',
      goal: atMost(64 * MIB),
    },
  ],
  async run() {
    const server = fork(SERVER, [String(KEYS)]);
    try {
      const [port] = (await once(server, 'message')) as [number];
      const { seconds, cpuSeconds, growth } = await backfill(`http://127.0.0.1:${port}`);
      server.send('taken');
      const [taken] = (await once(server, 'message')) as [number];
      if (taken !== KEYS) throw new RangeError(`${taken} messages came for ${KEYS} objects`);
      const remark = `${((1e6 * cpuSeconds) / KEYS).toFixed(1)} us of CPU time per object in the command`;
      return [{ measured: KEYS / seconds, remark }, { measured: growth }];
    } finally {
      server.disconnect();
    }
  },
};

interface BackfillSample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Bytes. */
  readonly growth: number;
}

async function backfill(endpoint: string): Promise<BackfillSample> {
  const options = { endpoint, region: 'eu-west-1', credentials: LOCAL_CREDENTIALS };
  const [s3, sqs] = [new S3Client({ ...options, forcePathStyle: true }), new SQSClient(options)];
  const pager = new S3ObjectPager(s3);
  const queue = new SqsBulkSender({ client: sqs, queueUrl: `${endpoint}/123456789012/existing` });
  const highest = [0, 0];
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  try {
    await runBackfill(
      { rule: exampleRule(), filter: {}, pace: {}, signal: new AbortController().signal },
      {
        source: new ListingSource(pager, 'source-bucket', ''),
        queue,
        clock: { now: Date.now, sleep: () => Promise.resolve() },
        checkpoint: () => Promise.resolve(),
        onProgress: ({ queued }) => {
          const half = queued < KEYS / 2 ? 0 : 1;
          highest[half] = Math.max(highest[half] ?? 0, process.memoryUsage.rss());
        },
        onArchived: () => undefined,
      },
    );
    const [first = 0, second = 0] = highest;
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, cpuSeconds: (user + system) / 1e6, growth: second - first };
  } finally {
    await queue.close();
    await pager.close();
    s3.destroy();
    sqs.destroy();
  }
}
