import type { z } from 'zod';
import { dollars } from './fields.ts';

/** USD per unit; the name says which unit. Compute is arm64, S3 is the class STANDARD, a GB is 10^9 bytes. */
export interface UnitPrices {
  readonly lambda_gb_second: number;
  readonly lambda_request: number;
  readonly s3_put_request: number;
  readonly s3_get_request: number;
  readonly s3_storage_gb_month: number;
  readonly sqs_request: number;
  readonly kms_request: number;
  readonly dynamodb_write: number;
  readonly fargate_vcpu_hour: number;
  readonly fargate_gb_hour: number;
}

export type PriceName = keyof UnitPrices;

/** One schema per price, for every place where prices can be written. */
export const unitPriceFields = {
  lambda_gb_second: dollars('Lambda on arm64, per GB-second.'),
  lambda_request: dollars('Lambda, per request.'),
  s3_put_request: dollars('S3, per PUT.'),
  s3_get_request: dollars('S3, per GET.'),
  s3_storage_gb_month: dollars('S3 storage, per GB-month.'),
  sqs_request: dollars('SQS, per request.'),
  kms_request: dollars('KMS, per request.'),
  dynamodb_write: dollars('DynamoDB on demand, per write of 1 KB.'),
  fargate_vcpu_hour: dollars('Fargate on ARM, per vCPU-hour.'),
  fargate_gb_hour: dollars('Fargate on ARM, per GB-hour of memory.'),
} as const satisfies Readonly<Record<PriceName, z.ZodNumber>>;
