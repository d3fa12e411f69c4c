import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { LOCAL_CREDENTIALS } from '../../../local-cloud/region-clients.ts';
import { formatKeyTime } from '../../../src/archive/key-time.ts';
import { CloudWatchMetricReader } from '../../../src/aws/cloudwatch/metric-reader.ts';
import { S3KeyLister } from '../../../src/aws/s3/key-lister.ts';
import { RegionalConnections } from '../../../src/aws/s3/regional-connections.ts';
import { S3ReplicationStatusReader } from '../../../src/aws/s3/replication-status-reader.ts';
import { reportWatermarks } from '../../../src/watermark/report-watermarks.ts';
import { WatchedArchives } from '../../../src/watermark/watched-archives.ts';
import { deployedRules } from '../../support/deployed-rules.ts';
import type { Experiment } from '../experiment.ts';
import { atMost, median } from '../row.ts';

const ROUTES = 500;
/** Milliseconds until AWS answers half-way around the world. */
const LATENCY = 250;
/** The same for S3 in the function's own region, where most of the requests go. */
const LATENCY_AT_HOME = 25;
/** MB of the function in src/stacks/watermark.yaml, and MB per vCPU. */
const MEMORY = 1024;
const VCPU_MEMORY = 1769;
const READINGS = 15;
const REGIONS = ['us-east-1', 'ap-southeast-2', 'us-west-2'];

/** The watermark function is called every five minutes; one minute must be enough. */
export const watermarkOfManyRoutes: Experiment = {
  rows: [
    {
      name: 'watermark-500-routes',
      title: `watermarks of ${ROUTES} rules with one region each; AWS answers after ${LATENCY} ms (S3 at home: ${LATENCY_AT_HOME} ms), to a process that starts; CPU time as in a function of ${MEMORY} MB`,
      unit: 'seconds',
      goal: atMost(60),
    },
  ],
  async run(laboratory) {
    const server = createServer((request, response) => void answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const seconds: number[] = [];
      for (let run = 0; run < laboratory.repetitions(3); run += 1) seconds.push(await timeRun(server));
      return [{ measured: median(seconds) }];
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
};

/**
 * Seconds of a run in the function, where the same CPU work takes longer than here. The server's CPU time counts, too.
 */
async function timeRun(server: Server): Promise<number> {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { endpoint, credentials: LOCAL_CREDENTIALS };
  const rules = deployedRules(
    Array.from({ length: ROUTES }, (_, index) => ({
      source: { region: 'eu-west-1', bucket: `documents-${index}` },
      destinations: [{ region: REGIONS[index % REGIONS.length] ?? 'us-east-1', bucket: `copy-${index}` }],
    })),
  );
  const connections = new RegionalConnections((region) => new S3Client({ ...options, region, forcePathStyle: true }));
  let taken = 0;
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await reportWatermarks(rules, () => 240_000, {
    region: 'eu-west-1',
    names: {
      namespace: 'stack',
      outboundBucket: 'outbound',
      failedBucket: 'failed',
      failedPrefix: 'failed/',
      failuresQueue: 'failures',
      inboundBucket: (region) => `inbound-${region}`,
      ruleQueue: (id) => id,
      fallbackQueue: (id) => `${id}-fallback`,
    },
    metrics: new CloudWatchMetricReader((region) => new CloudWatchClient({ ...options, region })),
    keys: new S3KeyLister(connections.of),
    statuses: new S3ReplicationStatusReader(connections.of),
    watched: new WatchedArchives(),
    telemetry: {
      archiveUnreplicated: () => {
        throw new Error('all archives are replicated');
      },
      watermarkTaken: () => {
        taken += 1;
      },
      watermarkUnknown: (_rule, _region, error) => {
        throw error;
      },
    },
    now: Date.now,
  });
  await connections.close();
  if (taken !== ROUTES) throw new Error(`${taken} of ${ROUTES} watermarks were taken`);
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  return (performance.now() - wall) / 1000 + cpuSeconds * (VCPU_MEMORY / MEMORY - 1);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://localhost');
  await delay(/^\/(outbound|failed)/.test(url.pathname) ? LATENCY_AT_HOME : LATENCY);
  if (request.method === 'HEAD') response.writeHead(200, { 'x-amz-replication-status': 'COMPLETED' }).end();
  else if (url.searchParams.has('list-type'))
    response.writeHead(200, { 'content-type': 'application/xml' }).end(listing(url));
  else response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(readings(Buffer.concat(chunks)));
}

/** CloudWatch's answer: a quarter of an hour of each metric. */
function readings(body: Buffer): string {
  const { MetricDataQueries = [] } = JSON.parse(body.toString()) as { MetricDataQueries?: { Id: string }[] };
  const now = Math.floor(Date.now() / 60_000) * 60;
  const Timestamps = Array.from({ length: READINGS }, (_, minute) => now - 60 * minute);
  const Values = Timestamps.map(() => 30);
  return JSON.stringify({ MetricDataResults: MetricDataQueries.map(({ Id }) => ({ Id, Timestamps, Values })) });
}

const PREFIX = '@prefix@';
const listings = new Map<string, string>();

/** S3's answer: as many archives as were asked for. */
function listing(url: URL): string {
  const count = url.searchParams.get('max-keys') ?? '';
  const made = listings.get(count) ?? makeListing(Number(count));
  listings.set(count, made);
  return made.replaceAll(PREFIX, url.searchParams.get('prefix') ?? '');
}

function makeListing(count: number): string {
  const date = new Date();
  const keys = Array.from({ length: count }, (_, index) => {
    const key = `${PREFIX}${formatKeyTime(date.getTime() - 60_000)}-${String(index).padStart(32, '0')}.tar.zst`;
    return `<Contents><Key>${key}</Key><LastModified>${date.toISOString()}</LastModified><ETag>&quot;0&quot;</ETag><Size>1000000</Size></Contents>`;
  });
  return `<?xml version="1.0"?><ListBucketResult><Name>b</Name>${keys.join('')}</ListBucketResult>`;
}
