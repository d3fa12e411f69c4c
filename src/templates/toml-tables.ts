/** Entries of a table by key, each with its whole text, which has several lines if the value does. */
export type TomlTable = ReadonlyMap<string, string>;

const HEADER = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/;
const ENTRY = /^\s*([A-Za-z0-9_-]+)\s*=/;

/**
 * The tables of a part of samconfig.toml by name, in their order. Supports the part of TOML that the SAM CLI and users
 * write there; comments between entries are left out.
 */
export function readTables(text: string): Map<string, TomlTable> {
  const tables = new Map<string, Map<string, string>>();
  let table = new Map<string, string>();
  let open: { readonly key: string; readonly lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (open === undefined) {
      const name = HEADER.exec(line)?.[1]?.trim();
      if (name !== undefined) {
        table = tables.get(name) ?? new Map<string, string>();
        tables.set(name, table);
      }
      const key = name === undefined ? ENTRY.exec(line)?.[1] : undefined;
      if (key !== undefined) open = { key, lines: [] };
    }
    if (open === undefined) continue;
    open.lines.push(line);
    const entry = open.lines.join('\n');
    if (isOpen(entry)) continue;
    table.set(open.key, entry.trim());
    open = undefined;
  }
  return tables;
}

/** Whether a value continues on the next line: its list is not closed. */
function isOpen(entry: string): boolean {
  const bare = entry.replace(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/g, '').replace(/#.*$/gm, '');
  return (bare.match(/\[/g)?.length ?? 0) > (bare.match(/\]/g)?.length ?? 0);
}
