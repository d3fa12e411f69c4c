import { paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import { regionNames } from '../../../templates/region-names.ts';
import { listResources, readStack } from '../../deploy/read-stack.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, notChecked, ok, warning } from '../diagnosis.ts';

/** SNS's text in place of an ARN until the recipient has followed the link in the mail. */
const PENDING = 'PendingConfirmation';

/** Checks that someone is notified of alarms. */
export const SUBSCRIPTION_CHECKS: CheckGroup = {
  name: 'subscriptions',
  title: 'Recipients of alarms',
  checksOf: (context) =>
    context.plans.map(({ region }) => ({
      subject: `mail (${region})`,
      takes: 'cloudformation:ListStackResources and sns:ListSubscriptionsByTopic',
      run: (signal) => context.deployments.whenDeployed(region, () => checkRegion(region, context, signal)),
    })),
};

async function checkRegion(region: string, context: CheckContext, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { clients, configuration } = context;
  const topic = await findTopic(region, context);
  if (topic === undefined) return [notChecked(`mail (${region})`, 'No stack has the alarm topic as an output.')];
  const subscribed = new Map<string, string>();
  const pages = paginateListSubscriptionsByTopic({ client: clients.sns(region) }, { TopicArn: topic }, { abortSignal });
  for await (const { Subscriptions = [] } of pages) {
    for (const { Endpoint = '', SubscriptionArn = PENDING } of Subscriptions) subscribed.set(Endpoint, SubscriptionArn);
  }
  const { notification_emails: addresses } = configuration.settings;
  const others = [...subscribed.keys()].filter((endpoint) => !addresses.includes(endpoint));
  if (addresses.length + others.length === 0) {
    const fix = 'add an address to notification_emails in settings.json, then s3xrc configure && s3xrc deploy';
    return [warning(`mail (${region})`, 'Nobody receives alarms.', fix)];
  }
  return [...addresses, ...others].map((address) =>
    judgeSubscription({ address, subscription: subscribed.get(address), topic, region }),
  );
}

interface Subscriber {
  readonly address: string;
  /** As listed by SNS; absent: not listed. */
  readonly subscription: string | undefined;
  /** ARN. */
  readonly topic: string;
  readonly region: string;
}

/**
 * | SNS lists            | finding |
 * |----------------------|---------|
 * | nothing              | failure |
 * | no ARN, but a word   | failure: the link in the mail was not followed |
 * | an ARN               | ok      |
 */
export function judgeSubscription({ address, subscription, topic, region }: Subscriber): Diagnosis {
  const subject = `${address} (${region})`;
  const subscribe = `aws sns subscribe --region ${region} --topic-arn ${topic} --protocol email --notification-endpoint ${address}`;
  if (subscription === undefined) return failure(subject, 'Is not subscribed to the alarms.', subscribe);
  if (subscription.startsWith('arn:')) return ok(subject, 'Receives alarms.');
  const fix = `follow the link in the email from AWS Notifications; to get another: ${subscribe}`;
  return failure(subject, 'Has not confirmed the subscription and receives no alarms.', fix);
}

/** ARN of the region's topic, an output of its nested stack. */
async function findTopic(region: string, { clients, configuration }: CheckContext): Promise<string | undefined> {
  const client = clients.cloudFormation(region);
  const logicalId = regionNames(region).region;
  const nested = (await listResources(client, configuration.settings.stack_name)).find(
    ({ LogicalResourceId }) => LogicalResourceId === logicalId,
  );
  if (nested?.PhysicalResourceId === undefined) return undefined;
  return (await readStack(client, nested.PhysicalResourceId))?.outputs.get('AlarmTopicArn');
}
