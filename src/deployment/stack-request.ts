import * as z from 'zod';
import { InvalidResourceError } from './errors.ts';

/** The fields that every response repeats, and the URL to send it to. */
const addressSchema = z.object({
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});

const requestSchema = z.discriminatedUnion('RequestType', [
  addressSchema.extend({
    RequestType: z.literal('Create'),
    ResourceType: z.string(),
    ResourceProperties: z.unknown(),
  }),
  addressSchema.extend({
    RequestType: z.literal('Update'),
    ResourceType: z.string(),
    PhysicalResourceId: z.string(),
    ResourceProperties: z.unknown(),
    OldResourceProperties: z.unknown(),
  }),
  addressSchema.extend({
    RequestType: z.literal('Delete'),
    ResourceType: z.string(),
    PhysicalResourceId: z.string(),
    ResourceProperties: z.unknown(),
  }),
]);

export type ResponseAddress = z.infer<typeof addressSchema>;
export type StackRequest = z.infer<typeof requestSchema>;

/**
 * Where to respond; read separately, so that even an invalid request is answered.
 * @throws InvalidResourceError when the event is not from CloudFormation
 */
export function parseResponseAddress(event: unknown): ResponseAddress {
  return parseRequest(addressSchema, event, 'The event is not a request from a CloudFormation custom resource');
}

/** @throws InvalidResourceError */
export function parseStackRequest(event: unknown): StackRequest {
  return parseRequest(requestSchema, event, 'The request from CloudFormation is not valid');
}

/** @throws InvalidResourceError that lists everything wrong with the properties of the resource */
export function parseProperties<T>(schema: z.ZodType<T>, request: StackRequest, properties: unknown): T {
  const { LogicalResourceId, ResourceType } = request;
  return parseRequest(schema, properties, `The properties of ${LogicalResourceId} (${ResourceType}) are not valid`);
}

function parseRequest<T>(schema: z.ZodType<T>, value: unknown, complaint: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidResourceError(`${complaint}. ${problems.join('; ')}`, { context: { problems: problems.length } });
}
