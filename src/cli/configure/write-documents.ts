import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderSchemaFile, replicationNode, settingsNode } from '../../configuration/schema/json-schema.ts';
import { updateKeyTables } from '../../configuration/schema/key-tables.ts';

/**
 * Writes the files that are generated from the configuration's schema: the JSON Schema files and the tables of
 * docs/configuration.md.
 */
const project = new URL('../../../', import.meta.url);
const document = new URL('docs/configuration.md', project);

const files = [
  [new URL('configuration/settings.schema.json', project), renderSchemaFile(settingsNode())],
  [new URL('configuration/replication_config.schema.json', project), renderSchemaFile(replicationNode())],
  [document, updateKeyTables(await readFile(document, 'utf8'))],
] as const;

for (const [url, text] of files) {
  await writeFile(url, text);
  process.stdout.write(`Wrote ${fileURLToPath(url)}\n`);
}
