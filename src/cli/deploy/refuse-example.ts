import type { Configuration } from '../../configuration/read-configuration.ts';
import { ExampleConfigurationError } from '../command/errors.ts';

/** The buckets of the configuration that comes with the project. A test compares them. */
export const EXAMPLE_BUCKETS: readonly string[] = [
  'example-documents',
  'example-documents-copy',
  'example-media',
  'example-media-archive',
  'example-reports',
  'example-reports-ap',
  'example-reports-us',
];
/** Reserved for documentation (RFC 2606): mail sent there reaches nobody. */
const EXAMPLE_DOMAINS = /@(?:.*\.)?example\.(?:com|net|org)$/i;

/**
 * Refuses a configuration with parts of the example, whose buckets do not exist.
 * @throws ExampleConfigurationError
 */
export function refuseExample({ settings, rules }: Configuration): void {
  const named = rules.flatMap(({ source, destinations }) => [source, ...destinations].map(({ bucket }) => bucket));
  const left = [
    ...new Set(named.filter((bucket) => EXAMPLE_BUCKETS.includes(bucket))),
    ...settings.notification_emails.filter((address) => EXAMPLE_DOMAINS.test(address)),
  ];
  if (left.length === 0) return;
  throw new ExampleConfigurationError(
    `The configuration still has values of the example: ${left.join(', ')}. Put your buckets and addresses into ` +
      'configuration/settings.json and configuration/replication_config.json, run `npm run configure`, then deploy. Nothing was done.',
    { context: { values: left.join(', ') } },
  );
}
