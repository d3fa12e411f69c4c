import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import type { CommandContext } from '../../src/cli/command/cli-command.ts';
import type { Estimate } from '../../src/cli/estimate/estimate.ts';
import { runEstimate } from '../../src/cli/estimate/run-estimate.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { startAwsEmulator } from '../support/emulator/aws-emulator.ts';

const region = 'eu-west-1';
const bucket = 'estimated-bucket';
const TEXT = 'a line that comes again and again, with a number: ';

/**
 * Two S3 servers that share no code. Neither writes inventories, so the test makes one according to S3's documentation;
 * ministack checks no permissions in this setup.
 */
describe.each([
  ['moto', () => startAwsServer({ region })],
  ['ministack', startAwsEmulator],
])('s3xrc estimate on %s', (_, start) => {
  let server: { readonly endpoint: string; stop(): Promise<void> };
  let folder = '';
  const notes: string[] = [];
  const environment = process.env;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'estimate-'));
    server = await start();
    process.env = {
      ...environment,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const client = new S3Client({ region });
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    const rows: string[] = [];
    const put = async (key: string, body: Uint8Array): Promise<void> => {
      const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      const encoded = encodeURIComponent(key).replaceAll('%20', '+');
      rows.push(`"${bucket}","${encoded}","${body.length}","${new Date().toISOString()}",${ETag},"STANDARD"`);
    };
    for (let index = 0; index < 12; index += 1) {
      await put(
        `logs/day ${index}.log`,
        Buffer.from(Array.from({ length: 9000 }, (_, line) => `${TEXT}${line * index}\n`).join('')),
      );
      await put(
        `photos/${index}.jpg`,
        gzipSync(Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * at * 7919 + index) % 65_537).join(' '))),
      );
    }
    const data = gzipSync(rows.join('\n'));
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'inventory/data/1.csv.gz', Body: data }));
    const manifest = {
      sourceBucket: bucket,
      destinationBucket: `arn:aws:s3:::${bucket}`,
      creationTimestamp: String(Date.now()),
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass',
      files: [{ key: 'inventory/data/1.csv.gz', size: data.length }],
    };
    const text = JSON.stringify(manifest);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'inventory/manifest.json', Body: text }));
    await writeFile(join(folder, 'manifest.json'), text);
    client.destroy();
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
    process.env = environment;
  });

  async function estimate(...args: readonly string[]): Promise<string> {
    let output = '';
    const context: CommandContext = {
      program: 's3xrc',
      signal: new AbortController().signal,
      print: (data) => {
        output += String(data);
        return Promise.resolve();
      },
      note: (text) => notes.push(text),
    };
    expect(await runEstimate(args, context)).toBe(0);
    return output;
  }

  async function estimateJson(source: string): Promise<Estimate> {
    return JSON.parse(
      await estimate(source, '--region', region, '--to', 'us-east-1', '--monthly', '50TB', '--json'),
    ) as Estimate;
  }

  test('separates prefixes that pay from prefixes that do not, and says what reading costs before it reads', async () => {
    notes.length = 0;
    const { groups, total, reading } = await estimateJson(`s3://${bucket}/`);
    const byPrefix = Object.fromEntries(groups.map((group) => [group.prefix, group]));
    expect(byPrefix['logs/']).toMatchObject({ objects: 12, pays: true });
    expect(byPrefix['logs/']?.ratio).toBeGreaterThan(4);
    expect(byPrefix['photos/']?.objects).toBe(12);
    expect(byPrefix['photos/']?.ratio).toBeLessThan(1.1);
    expect(total.objects).toBe(26);
    expect(reading).toMatchObject({ listRequests: 1 });
    expect(reading.readRequests).toBeGreaterThanOrEqual(26);
    expect(notes[0]).toMatch(/^Listed with 1 request; reading a sample of .* with \d+ GETs\. This costs \$0\.0000/);
  });

  test.each([
    ['in S3', () => `s3://${bucket}/inventory/manifest.json`],
    ['on disk', () => join(folder, 'manifest.json')],
  ])('reads the objects that an inventory %s lists', async (_, name) => {
    const { groups, total } = await estimateJson(name());
    expect(groups.map(({ prefix, objects }) => [prefix, objects]).toSorted()).toEqual([
      ['logs/', 12],
      ['photos/', 12],
    ]);
    // All except the rest of an object after complete parts.
    expect(total.sampledBytes).toBeGreaterThan(0.8 * total.bytes);
  });

  test('writes rules that configure accepts, and a page', async () => {
    const rules = join(folder, 'replication_config.json');
    const page = join(folder, 'estimate.html');
    const output = await estimate(
      `s3://${bucket}/logs/`,
      '--region',
      region,
      '--to',
      'us-east-1',
      'ap-southeast-2',
      '--monthly',
      '50TB',
      '--out',
      rules,
      '--html',
      page,
    );
    expect(output).toContain('Use it, with one rule for everything.');
    const roles = { 'eu-west-1': 'source', 'us-east-1': 'target', 'ap-southeast-2': 'target' };
    const settings = {
      stack_name: 'estimated',
      enabled_regions: Object.entries(roles).map(([name, role]) => ({ region: name, source_target: [role] })),
    };
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
    const { rules: loaded } = await loadConfiguration(folder);
    expect(loaded.map(({ source, destinations }) => [source.bucket, source.prefix, destinations.length])).toEqual([
      [bucket, 'logs/', 2],
    ]);
    expect(await readFile(page, 'utf8')).toContain('<title>Estimate of s3://estimated-bucket/logs/</title>');
  });

  test('says in a sentence what cannot be estimated', async () => {
    await expect(estimate(`s3://${bucket}/none/`, '--region', region)).rejects.toThrow(
      'There are no objects to read in s3://estimated-bucket/none/.',
    );
    await expect(estimate('no/such/folder')).rejects.toThrow('"no/such/folder" does not exist');
    await expect(estimate(folder, '--to', 'us-eats-1')).rejects.toThrow('did you mean "us-east-1"?');
    await expect(estimate(`s3://no-such-bucket/`, '--region', region)).rejects.toThrow(/NoSuchBucket/);
  });
});
