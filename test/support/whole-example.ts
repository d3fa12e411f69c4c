import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';

const EXAMPLE = fileURLToPath(new URL('../../configuration', import.meta.url));

/** The inventory bucket of the complete example in its source region. */
export const INVENTORIES = 'example-inventories';

/**
 * Writes configuration and templates of the committed example, including the stacks of backfill and scheduled
 * verifications, into a folder.
 * @returns the folder
 */
export async function writeWholeExample(into: string): Promise<string> {
  await cp(EXAMPLE, into, { recursive: true });
  const settings = JSON.parse(await readFile(join(into, 'settings.json'), 'utf8')) as {
    enabled_regions: Record<string, unknown>[];
  };
  Object.assign(settings.enabled_regions[0] ?? {}, { inventory_buckets: [INVENTORIES] });
  await writeFile(join(into, 'settings.json'), JSON.stringify(settings));
  const rules = await readFile(join(into, 'replication_config.json'), 'utf8');
  await writeFile(
    join(into, 'replication_config.json'),
    rules.replaceAll('"source": {', '"source": { "verify": "daily",'),
  );
  await writeDeploymentFiles(await makeDeploymentFiles(await loadConfiguration(into), into), into);
  return into;
}
