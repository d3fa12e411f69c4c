import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ConfigurationFolder extends AsyncDisposable {
  readonly folder: string;
}

/** A folder with a configuration: one rule from each region to each region after it. */
export async function rulesBetween(routes: Readonly<Record<string, readonly string[]>>): Promise<ConfigurationFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'configuration-'));
  const targets = new Set(Object.values(routes).flat());
  const regions = Object.entries(routes).map(([region, to]) => ({
    region,
    source_target: [...(to.length > 0 ? ['source'] : []), ...(targets.has(region) ? ['target'] : [])],
  }));
  const rules = Object.entries(routes).flatMap(([from, to]) =>
    to.map((region) => ({
      source: { region: from, bucket: `from-${from}-to-${region}` },
      destinations: [{ region, bucket: `in-${region}-of-${from}` }],
    })),
  );
  const settings = { stack_name: 'compressor', enabled_regions: regions, tags: { team: 'a b' } };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify({ replication_configuration: rules }));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
