import * as z from 'zod';
import { AWS_REGIONS } from './aws-regions.ts';
import { BUCKET_NAME_PATTERN, bucketNameFault } from './bucket-name.ts';
import { filterFault, keyPartFault } from './key-filter.ts';
import { STACK_NAME_PATTERN, stackNameFault } from './stack-name.ts';

/**
 * Kinds of values. `description` says what a key means, in the tables of docs/configuration.md and in editors;
 * `allowed` says which values it accepts, in the tables and in error messages, if the type does not say that well.
 */
export interface FieldMeta {
  readonly description: string;
  readonly allowed?: string;
  /** Describes a default that depends on other things. */
  readonly otherwise?: string;
}

/** Days that CloudWatch Logs can keep a log group (PutRetentionPolicy, read 2026-11-23). */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Example ARNs in users' files are not hexadecimal, so only the shape is checked. */
const KMS_KEY = /^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9A-Za-z-]+$/;

type Complaint = (text: string) => string | undefined;

export function region(description: string): z.ZodEnum<Record<string, string>> {
  const codes: Record<string, string> = Object.fromEntries(AWS_REGIONS.map((code) => [code, code]));
  return z.enum(codes).meta({ description, allowed: 'an AWS region code, such as `eu-west-1`' });
}

export function bucket(description: string): z.ZodString {
  const allowed = 'name of a general purpose bucket';
  return checked(z.string(), bucketNameFault).meta({ description, allowed, pattern: BUCKET_NAME_PATTERN });
}

export function stackName(description: string): z.ZodString {
  const allowed = '2 to 128 letters, digits and single hyphens, beginning with a letter';
  return checked(z.string(), stackNameFault).meta({ description, allowed, pattern: STACK_NAME_PATTERN });
}

/**
 * Names and values that every AWS service accepts; a resource has at most 50 tags, some of which are reserved for SAM
 * and the stacks.
 */
const TAG_CHARACTERS = String.raw`[\p{L}\p{N}\p{Zs}_.:/=+@-]`;
const MAX_TAGS = 40;

export function tags(description: string): z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>> {
  const name = z.string().regex(new RegExp(`^(?![aA][wW][sS]:)${TAG_CHARACTERS}{1,128}$`, 'u'));
  const value = z.string().regex(new RegExp(`^${TAG_CHARACTERS}{0,256}$`, 'u'));
  const characters = 'letters, digits, spaces and `_ . : / = + - @`';
  return z
    .record(name, value.meta({ allowed: `at most 256 ${characters}` }))
    .superRefine((record, context) => {
      const count = Object.keys(record).length;
      if (count > MAX_TAGS)
        context.addIssue({ code: 'custom', message: `has ${count} tags; at most ${MAX_TAGS} are allowed` });
    })
    .default({})
    .meta({
      description,
      allowed: `at most ${MAX_TAGS} names of 1 to 128 ${characters}, not beginning with \`aws:\`, with values of at most 256 such characters`,
      maxProperties: MAX_TAGS,
    });
}

/** `""` means "none" in existing files. */
export function kmsKey(description: string): z.ZodDefault<z.ZodString> {
  const allowed = 'ARN of a key (not of an alias), or `""` for none';
  return z.string().regex(KMS_KEY).default('').meta({ description, allowed });
}

export function filter(description: string): z.ZodDefault<z.ZodString> {
  const allowed = 'text without wildcards, at most 1,024 bytes; `""` for none';
  return checked(z.string(), filterFault).default('').meta({ description, allowed });
}

export function keyPrefix(description: string): z.ZodDefault<z.ZodString> {
  const allowed = 'text, at most 1,024 bytes; `""` for none';
  return checked(z.string(), keyPartFault).default('').meta({ description, allowed });
}

export function wholeNumber(
  minimum: number,
  maximum: number,
  standard: number,
  meta: FieldMeta | string,
): z.ZodDefault<z.ZodInt> {
  return z
    .int()
    .min(minimum)
    .max(maximum)
    .default(standard)
    .meta(typeof meta === 'string' ? { description: meta } : { ...meta });
}

/** A price in dollars; 0 is not a price (a missing one must not count as free). */
export function dollars(description: string): z.ZodNumber {
  return z.number().positive().meta({ description, allowed: 'US dollars, above 0' });
}

/** A text that is refused with the message of `fault`, if there is one. */
function checked(schema: z.ZodString, fault: Complaint): z.ZodString {
  return schema.superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}
