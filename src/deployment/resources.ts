import type { z } from 'zod';
import { putNotifications, removeNotifications } from './bucket-notification.ts';
import { type BucketRole, checkBuckets } from './check-buckets.ts';
import type { DeploymentDependencies } from './dependencies.ts';
import { ResourceInvalidError } from './errors.ts';
import { findFunctionImage } from './function-image.ts';
import { readPrices } from './prices.ts';
import { putReplicationRules, removeLeavingRules, removeReplicationRules } from './replication-rules.ts';
import {
  bucketChecksSchema,
  bucketNotificationSchema,
  functionImageSchema,
  leftoverRulesSchema,
  pricesSchema,
  replicationRulesSchema,
} from './resource-properties.ts';
import { parseProperties, type StackRequest } from './stack-request.ts';

/** What templates read with `Fn::GetAtt`. */
export type Attributes = Readonly<Record<string, string>>;

interface Work {
  readonly dependencies: DeploymentDependencies;
  readonly signal: AbortSignal;
}

interface ResourceDefinition<P> {
  readonly schema: z.ZodType<P>;
  /** What the resource stands for: when it changes, CloudFormation replaces the resource instead of updating it. */
  readonly identify: (properties: P) => string;
  /** Creates, or changes what `former` made. */
  readonly put: (properties: P, former: P | undefined, work: Work) => Promise<Attributes>;
  readonly remove: (properties: P, work: Work) => Promise<void>;
}

/** A kind of resource, whatever its properties are. */
export interface Resource {
  /** The PhysicalResourceId that the properties lead to; undefined when they cannot be used. */
  identify(request: StackRequest): string | undefined;
  /** @throws CompressorError */
  serve(request: StackRequest, work: Work): Promise<Attributes>;
}

function defineResource<P>({ schema, identify, put, remove }: ResourceDefinition<P>): Resource {
  return {
    identify(request) {
      const { success, data } = schema.safeParse(request.ResourceProperties);
      return success ? [request.LogicalResourceId, identify(data)].filter((part) => part !== '').join(':') : undefined;
    },
    async serve(request, work) {
      if (request.RequestType === 'Delete') {
        const { success, data } = schema.safeParse(request.ResourceProperties);
        // Nothing was ever made from properties that cannot be used, and a failure here would hold up the stack's rollback.
        if (success) await remove(data, work);
        return {};
      }
      const properties = parseProperties(schema, request, request.ResourceProperties);
      // Absent for a Create; those of an earlier release may not be readable any more.
      const former =
        request.RequestType === 'Update' ? schema.safeParse(request.OldResourceProperties).data : undefined;
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
    remove: () => Promise.resolve(),
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
      remove: (properties, { dependencies, signal }) => removeNotifications(properties, dependencies, signal),
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
      remove: (properties, { dependencies, signal }) => removeReplicationRules(properties, dependencies, signal),
    }),
  ],
  [
    'Custom::LeftoverRules',
    defineResource({
      schema: leftoverRulesSchema,
      identify: ({ Bucket }) => Bucket,
      put: () => Promise.resolve({}),
      remove: (properties, { dependencies, signal }) => removeLeavingRules(properties, dependencies, signal),
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
      remove: () => Promise.resolve(),
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
      remove: () => Promise.resolve(),
    }),
  ],
]);

/** @throws ResourceInvalidError for a type that is none of ours */
export function findResource({ ResourceType, LogicalResourceId }: StackRequest): Resource {
  const resource = RESOURCES.get(ResourceType);
  if (resource !== undefined) return resource;
  const known = [...RESOURCES.keys()].join(', ');
  throw new ResourceInvalidError(
    `${LogicalResourceId} is of the type ${ResourceType}, which the deployment function does not serve. It serves ${known}.`,
    { context: { resource: LogicalResourceId, type: ResourceType } },
  );
}
