import { allowedValues, replicationNode, type SchemaNode, settingsNode } from './json-schema.ts';

/** Tables of docs/configuration.md by the name in their markers. */
function renderKeyTables(): ReadonlyMap<string, string> {
  const settings = settingsNode();
  const rule = replicationNode().properties?.['replication_configuration']?.items;
  const tables: readonly (readonly [string, SchemaNode | undefined])[] = [
    ['settings', settings],
    ['enabled_regions', settings.properties?.['enabled_regions']?.items],
    ['prices', settings.properties?.['prices']],
    ['source', rule?.properties?.['source']],
    ['destinations', rule?.properties?.['destinations']?.items],
  ];
  return new Map(tables.map(([name, node]) => [name, renderKeys(node ?? {})]));
}

/**
 * The document with its tables updated from the schema. A table is between `<!-- keys: NAME -->` and `<!-- end -->`.
 */
export function updateKeyTables(document: string): string {
  const tables = renderKeyTables();
  return document.replace(
    /(<!-- keys: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n${tables.get(name) ?? ''}\n${end}`,
  );
}

function renderKeys({ properties = {}, required = [] }: SchemaNode): string {
  const rows = Object.entries(properties).map(([key, node]) => {
    const cells = [
      `\`${key}\``,
      escapeCell(allowedValues(node)),
      standard(key, node, required),
      node.description ?? '',
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| key | allowed | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

function standard(key: string, node: SchemaNode, required: readonly string[]): string {
  if (required.includes(key)) return 'required';
  if (node.otherwise !== undefined) return node.otherwise;
  return node.default === undefined || node.default === '' ? 'none' : `\`${JSON.stringify(node.default)}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
