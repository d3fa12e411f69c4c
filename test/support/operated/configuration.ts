import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PRICES = fileURLToPath(new URL('../../../configuration/prices.json', import.meta.url));

/** Default regions that send and receive. */
export const SOURCE = 'eu-west-1';
export const TARGET = 'us-east-1';

type Role = 'source' | 'target';

/** The part of settings.json that tests change. */
export interface Settings {
  readonly stack_name: string;
  readonly enabled_regions: readonly object[];
  readonly notification_emails: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Settings of the stack `app` in these regions. */
export function settingsOf(roles: Readonly<Record<string, readonly Role[]>>): Settings {
  return {
    stack_name: 'app',
    enabled_regions: Object.entries(roles).map(([region, source_target], index) => ({
      region,
      vpc_cidr: `10.${index}.0.0/16`,
      source_target,
      availability_zones: 2,
    })),
    notification_emails: [],
    tags: {},
  };
}

export const SETTINGS = settingsOf({ [SOURCE]: ['source'], [TARGET]: ['target'] });

/** A rule from a bucket in the sending region to one in the receiving region, unless the test overrides it. */
export function ruleBetween(bucket: string, copy: string, source: object = {}, destination: object = {}): object {
  return {
    source: { region: SOURCE, bucket, ...source },
    destinations: [{ region: TARGET, bucket: copy, ...destination }],
  };
}

/** Writes the files of a configuration: settings, rules, and the prices of the project. */
export async function writeConfiguration(
  folder: string,
  rules: readonly object[],
  settings: Settings = SETTINGS,
): Promise<void> {
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify({ replication_configuration: rules }));
  await cp(PRICES, join(folder, 'prices.json'));
}
