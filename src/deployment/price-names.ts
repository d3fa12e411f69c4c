import type { PriceName } from '../configuration/schema/unit-prices.ts';
import type { PriceQuery } from './ports.ts';

/** The attributes that, with the region, identify each price in the Price List. */
const PRODUCTS: Readonly<Record<PriceName, PriceQuery>> = {
  lambda_gb_second: { serviceCode: 'AWSLambda', attributes: { group: 'AWS-Lambda-Duration-ARM' } },
  lambda_request: { serviceCode: 'AWSLambda', attributes: { group: 'AWS-Lambda-Requests-ARM' } },
  s3_put_request: { serviceCode: 'AmazonS3', attributes: { group: 'S3-API-Tier1' } },
  s3_get_request: { serviceCode: 'AmazonS3', attributes: { group: 'S3-API-Tier2' } },
  s3_storage_gb_month: {
    serviceCode: 'AmazonS3',
    attributes: { storageClass: 'General Purpose', volumeType: 'Standard' },
    usageTypeEnd: 'TimedStorage-ByteHrs',
  },
  kms_request: { serviceCode: 'awskms', attributes: {}, usageTypeEnd: 'KMS-Requests' },
  dynamodb_write: { serviceCode: 'AmazonDynamoDB', attributes: {}, usageTypeEnd: 'WriteRequestUnits' },
  sqs_request: {
    serviceCode: 'AWSQueueService',
    attributes: { group: 'SQS-APIRequest-Tier1', queueType: 'Standard' },
  },
  fargate_vcpu_hour: { serviceCode: 'AmazonECS', attributes: {}, usageTypeEnd: 'Fargate-ARM-vCPU-Hours:perCPU' },
  fargate_gb_hour: { serviceCode: 'AmazonECS', attributes: {}, usageTypeEnd: 'Fargate-ARM-GB-Hours' },
};

export const PRICE_NAMES = Object.keys(PRODUCTS) as readonly PriceName[];

export function queryPrice(name: PriceName, region: string): PriceQuery {
  const product = PRODUCTS[name];
  return { ...product, attributes: { ...product.attributes, regionCode: region } };
}

/** Transfer is a separate product for each pair of regions, billed in the sending region. */
export function queryTransfer(fromRegion: string, toRegion: string): PriceQuery {
  return {
    serviceCode: 'AWSDataTransfer',
    attributes: { fromRegionCode: fromRegion, toRegionCode: toRegion, transferType: 'InterRegion Outbound' },
  };
}
