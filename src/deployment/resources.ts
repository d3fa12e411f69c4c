import type { z } from 'zod';
import { putNotifications, removeNotifications } from './bucket-notification.ts';
import { type BucketRole, checkBuckets } from './check-buckets.ts';
import type { DeploymentDependencies } from './dependencies.ts';
import { InvalidResourceError } from './errors.ts';
import { findFunctionImage } from './function-image.ts';
import { readPrices } from './read-prices.ts';
import { putReplicationRules, removeReplicationRules } from './replication-rules.ts';
import {
  bucketChecksSchema,
  bucketNotificationSchema,
  functionImageSchema,
  madeNotificationsSchema,
  madeReplicationRulesSchema,
  pricesSchema,
  replicationRulesSchema,
} from './resource-properties.ts';
import { parseProperties, type StackRequest } from './stack-request.ts';

/** The attributes that templates read with `Fn::GetAtt`. */
export type Attributes = Readonly<Record<string, string>>;

interface ServingContext {
  readonly dependencies: DeploymentDependencies;
  readonly signal: AbortSignal;
}

/** @typeParam M the properties that are needed to find existing entries, whichever release made them */
interface ResourceDefinition<P, M> {
  readonly schema: z.ZodType<P>;
  /** The physical id of the resource: if it changes, CloudFormation replaces the resource instead of updating it. */
  readonly identify: (properties: P) => string;
  /** Creates the entries, or updates those made from `former`. */
  readonly put: (properties: P, former: M | undefined, work: ServingContext) => Promise<Attributes>;
  /** Absent for a resource that creates nothing. */
  readonly made?: {
    readonly schema: z.ZodType<M>;
    readonly remove: (properties: M, work: ServingContext) => Promise<void>;
  };
}

/** A kind of resource, independent of the type of its properties. */
export interface Resource {
  /** The PhysicalResourceId that follows from the properties; undefined if they cannot be used. */
  identify(request: StackRequest): string | undefined;
  /** @throws CompressorError */
  serve(request: StackRequest, work: ServingContext): Promise<Attributes>;
}

function defineResource<P, M>({ schema, identify, put, made }: ResourceDefinition<P, M>): Resource {
  return {
    identify(request) {
      const { success, data } = schema.safeParse(request.ResourceProperties);
      return success ? [request.LogicalResourceId, identify(data)].filter((part) => part !== '').join(':') : undefined;
    },
    async serve(request, work) {
      if (request.RequestType === 'Delete') {
        const found = made?.schema.safeParse(request.ResourceProperties);
        // Properties without a bucket can never have created anything, and a failure here would hold up the rollback.
        if (found?.success === true) await made?.remove(found.data, work);
        return {};
      }
      const properties = parseProperties(schema, request, request.ResourceProperties);
      const former =
        request.RequestType === 'Update' ? made?.schema.safeParse(request.OldResourceProperties).data : undefined;
      return put(properties, former, work);
    },
  };
}

function defineChecks(role: BucketRole): Resource {
  return defineResource({
    schema: bucketChecksSchema,
    identify: () => '',
    put: async (properties, _former, { dependencies, signal }) => {
      await checkBuckets(role, properties, dependencies, signal);
      return {};
    },
  });
}

const RESOURCES: ReadonlyMap<string, Resource> = new Map([
  [
    'Custom::BucketNotification',
    defineResource({
      schema: bucketNotificationSchema,
      identify: ({ Bucket }) => Bucket,
      put: async (properties, former, { dependencies, signal }) => {
        await putNotifications(properties, former, dependencies, signal);
        return { Bucket: properties.Bucket };
      },
      made: {
        schema: madeNotificationsSchema,
        remove: (made, { dependencies, signal }) => removeNotifications(made, dependencies, signal),
      },
    }),
  ],
  [
    'Custom::ReplicationRules',
    defineResource({
      schema: replicationRulesSchema,
      identify: ({ Bucket }) => Bucket,
      put: async (properties, former, { dependencies, signal }) => {
        await putReplicationRules(properties, former, dependencies, signal);
        return { Bucket: properties.Bucket };
      },
      made: {
        schema: madeReplicationRulesSchema,
        remove: (made, { dependencies, signal }) => removeReplicationRules(made, dependencies, signal),
      },
    }),
  ],
  ['Custom::SourceChecks', defineChecks('source')],
  ['Custom::TargetChecks', defineChecks('destination')],
  [
    'Custom::FunctionImage',
    defineResource({
      schema: functionImageSchema,
      identify: () => '',
      put: async (properties, _former, { dependencies, signal }) => {
        const { image, repositoryArn } = await findFunctionImage(properties, dependencies, signal);
        return { Image: image, RepositoryArn: repositoryArn };
      },
    }),
  ],
  [
    'Custom::Prices',
    defineResource({
      schema: pricesSchema,
      identify: () => '',
      put: async ({ TargetRegions, OwnPrices }, _former, { dependencies, signal }) => {
        const prices = await readPrices(TargetRegions, OwnPrices, dependencies, signal);
        return { Prices: JSON.stringify(prices), PricesDate: prices.date, PricesSource: prices.source };
      },
    }),
  ],
]);

/** @throws InvalidResourceError for a type that is none of ours */
export function findResource({ ResourceType, LogicalResourceId }: StackRequest): Resource {
  const resource = RESOURCES.get(ResourceType);
  if (resource !== undefined) return resource;
  const known = [...RESOURCES.keys()].join(', ');
  throw new InvalidResourceError(
    `${LogicalResourceId} is of the type ${ResourceType}, which the deployment function does not support. It supports ${known}.`,
    { context: { resource: LogicalResourceId, type: ResourceType } },
  );
}
