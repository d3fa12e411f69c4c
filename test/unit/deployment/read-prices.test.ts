import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { findFileTransferPrice, parsePriceFile } from '../../../src/configuration/prices/price-file.ts';
import { UnavailablePriceListError } from '../../../src/deployment/errors.ts';
import { readPrices } from '../../../src/deployment/read-prices.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const { signal } = new AbortController();
let aws: MemoryDeployment;

beforeEach(() => {
  aws = new MemoryDeployment();
  for (const [product, price] of [
    ['AWS-Lambda-Duration-ARM', 0.1],
    ['AWS-Lambda-Requests-ARM', 0.2],
    ['S3-API-Tier1', 0.3],
    ['S3-API-Tier2', 0.4],
    ['SQS-APIRequest-Tier1', 0.5],
    ['Fargate-ARM-vCPU-Hours:perCPU', 0.6],
    ['Fargate-ARM-GB-Hours', 0.7],
    ['TimedStorage-ByteHrs', 0.9],
    ['KMS-Requests', 1.1],
    ['WriteRequestUnits', 1.2],
    ['us-east-1', 0.8],
  ] as const) {
    aws.listedPrices.set(product, [price, price]);
  }
});

describe('readPrices', () => {
  test('reads every price from the Price List and dates it today', async () => {
    await expect(readPrices(['us-east-1'], undefined, aws, signal)).resolves.toEqual({
      lambda_gb_second: 0.1,
      lambda_request: 0.2,
      s3_put_request: 0.3,
      s3_get_request: 0.4,
      s3_storage_gb_month: 0.9,
      sqs_request: 0.5,
      kms_request: 1.1,
      dynamodb_write: 1.2,
      fargate_vcpu_hour: 0.6,
      fargate_gb_hour: 0.7,
      transfer_gb: { 'us-east-1': 0.8 },
      date: '2026-11-23',
      source: 'AWS Price List',
    });
  });

  test('reads a price from the file, with its date, if the Price List has none or several', async () => {
    aws.listedPrices.delete('us-east-1');
    aws.listedPrices.set('S3-API-Tier1', [0.3, 0.31]);
    const prices = await readPrices(['us-east-1', 'us-east-2'], undefined, aws, signal);
    expect(prices).toMatchObject({
      lambda_gb_second: 0.1,
      s3_put_request: 3,
      transfer_gb: { 'us-east-1': 0.02, 'us-east-2': 0.01 },
    });
    expect(prices).toMatchObject({ date: '2026-01-31', source: 'AWS Price List, prices.json' });
    expect(aws.warnings).toHaveLength(3);
  });

  test('requests the Price List once; if it cannot be read, uses only the file and says so', async () => {
    let asked = 0;
    aws.beforePrice = () => {
      asked += 1;
      throw new UnavailablePriceListError('no answer');
    };
    const prices = await readPrices(['us-east-1'], undefined, aws, signal);
    expect(prices.transfer_gb).toEqual({ 'us-east-1': 0.02 });
    expect(prices.source).toBe('prices.json');
    expect(asked).toBe(1);
    expect(aws.failures).toMatchObject([{ error: { code: 'PRICE_LIST_UNAVAILABLE' } }]);
  });

  test('prefers prices of a private contract, and asks the Price List only for the rest', async () => {
    const own = {
      date: '2025-05-01',
      source: 'contract',
      s3_put_request: 0.03,
      transfer_gb: { 'eu-west-1': { 'us-east-1': 0.012 }, 'us-west-2': { 'us-east-1': 0.001 } },
    };
    const prices = await readPrices(['us-east-1', 'us-east-2'], own, aws, signal);
    expect(prices).toMatchObject({
      s3_put_request: 0.03,
      s3_get_request: 0.4,
      transfer_gb: { 'us-east-1': 0.012, 'us-east-2': 0.01 },
      date: '2025-05-01',
      source: 'settings.json, AWS Price List, prices.json',
    });
  });

  test('needs no other source for a transfer that the contract names', async () => {
    const elsewhere = Object.assign(Object.create(aws) as MemoryDeployment, { region: 'mx-central-1' });
    aws.listedPrices.delete('us-east-1');
    const own = { date: '2026-05-01', source: 'contract', transfer_gb: { 'mx-central-1': { 'us-east-1': 0.02 } } };
    await expect(readPrices(['us-east-1'], own, elsewhere, signal)).resolves.toMatchObject({
      transfer_gb: { 'us-east-1': 0.02 },
    });
  });

  test('fails for a price in no source, and says where to add it', async () => {
    const elsewhere = Object.assign(Object.create(aws) as MemoryDeployment, { region: 'mx-central-1' });
    aws.listedPrices.delete('us-east-1');
    await expect(readPrices(['us-east-1'], undefined, elsewhere, signal)).rejects.toMatchObject({
      code: 'PRICE_MISSING',
      message: expect.stringContaining('transfer_gb.mx-central-1.us-east-1'),
    });
  });
});

describe('the price file', () => {
  const text = readFileSync(new URL('../../../configuration/prices.json', import.meta.url), 'utf8');

  test('that is committed can be read and has the region pairs of the example', () => {
    const file = parsePriceFile(text);
    expect(findFileTransferPrice(file, 'eu-west-1', 'us-east-1')).toBe(0.02);
    expect(findFileTransferPrice(file, 'us-east-1', 'us-east-2')).toBe(0.01);
    expect(findFileTransferPrice(file, 'xx-nowhere-1', 'us-east-1')).toBeUndefined();
  });

  test('must not contain a price of 0, and has every problem reported with its position', () => {
    const broken = text.replace('"sqs_request": 0.0000004', '"sqs_request": 0').replace('"USD"', '"EUR"');
    expect(() => parsePriceFile(broken)).toThrow(/prices.json currency: .*prices.json everywhere.sqs_request: /s);
  });

  test('that is not JSON is named', () => {
    expect(() => parsePriceFile('{')).toThrow(/prices.json: /);
  });
});
