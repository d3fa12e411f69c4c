import * as z from 'zod';
import type { StackEvent } from './functions.ts';

export interface NamedResources {
  readonly buckets: readonly { readonly bucket: string; readonly region: string }[];
  /** Names. */
  readonly queues: readonly string[];
}

/** The properties of all custom resources that name something that must exist. */
const properties = z.looseObject({
  Bucket: z.string().optional(),
  Buckets: z.array(z.looseObject({ Bucket: z.string() })).default([]),
  Destinations: z.array(z.looseObject({ Bucket: z.string(), Region: z.string() })).default([]),
  Notifications: z.array(z.looseObject({ QueueArn: z.string() })).default([]),
});

/** Buckets and queues in a request of CloudFormation. */
export function namedResources({ ResourceProperties }: StackEvent, region: string): NamedResources {
  const { Bucket, Buckets, Destinations, Notifications } = properties.parse(ResourceProperties);
  return {
    buckets: [
      ...(Bucket === undefined ? [] : [{ bucket: Bucket, region }]),
      ...Buckets.map((named) => ({ bucket: named.Bucket, region })),
      ...Destinations.map((named) => ({ bucket: named.Bucket, region: named.Region })),
    ],
    queues: Notifications.map(({ QueueArn }) => QueueArn.slice(QueueArn.lastIndexOf(':') + 1)),
  };
}
