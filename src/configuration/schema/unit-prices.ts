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
  lambda_gb_second: dollars('Lambda on arm64, a GB-second.'),
  lambda_request: dollars('Lambda, a request.'),
  s3_put_request: dollars('S3, a PUT.'),
  s3_get_request: dollars('S3, a GET.'),
  s3_storage_gb_month: dollars('S3 storage, a GB-month.'),
  sqs_request: dollars('SQS, a request.'),
  kms_request: dollars('KMS, a request.'),
  dynamodb_write: dollars('DynamoDB on demand, a write of 1 KB.'),
  fargate_vcpu_hour: dollars('Fargate on ARM, a vCPU-hour.'),
  fargate_gb_hour: dollars('Fargate on ARM, a GB-hour of memory.'),
} as const satisfies Readonly<Record<PriceName, z.ZodNumber>>;
