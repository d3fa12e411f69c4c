import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const ARCHITECTURE = readFileSync(join(PROJECT, 'docs/architecture.md'), 'utf8');
/** By folder: what the table "Allowed imports" of docs/architecture.md lets it import. */
const ALLOWED = new Map(
  [...sectionOf('Allowed imports').matchAll(/^\| `([\w-]+)` \|(.*)\|(.*)\|$/gm)].map(
    ([, folder = '', folders = '', packages = '']) => [folder, { folders: named(folders), packages: named(packages) }],
  ),
);
/** Files of src that every folder may import. */
const FOR_ALL = ['errors.ts', 'json.ts', 'units.ts'];
/** Libraries for the command line: in a function they would only slow down a cold start. */
const COMMAND_LIBRARIES = ['cli-progress', 'cli-table3', 'commander', 'jsonc-parser', 'yaml'];
const ENTRY_POINTS = ['functions', 'cli', 'local-cloud'];

/** The text below a heading of docs/architecture.md. */
function sectionOf(title: string): string {
  return ARCHITECTURE.split(/^#+ /m).find((section) => section.startsWith(`${title}\n`)) ?? '';
}

/** What a cell names in backticks. */
function named(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** @param allowed a package, the packages of a scope, or all: `zod`, `@aws-sdk/*`, `*` */
function matchesPackage(specifier: string, allowed: string): boolean {
  return allowed.endsWith('*') ? specifier.startsWith(allowed.slice(0, -1)) : specifier === allowed;
}

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: SourceFile[] = ['src', 'local-cloud'].flatMap((room) =>
  readdirSync(join(PROJECT, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((name) => {
      const path = join(room, name);
      const text = readFileSync(join(PROJECT, path), 'utf8');
      const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
      return { path, folder: folderOf(path) ?? '', text, imports };
    }),
);

/**
 * The folder of src that a file is in, or the top folder next to src; undefined for files that every folder may import.
 */
function folderOf(path: string): string | undefined {
  const [room, folder] = path.split(sep);
  if (room !== 'src') return room;
  return FOR_ALL.includes(folder ?? '') ? undefined : folder;
}

function importedFile(file: SourceFile, specifier: string): string {
  return relative(PROJECT, join(PROJECT, dirname(file.path), specifier));
}

/** Names that a file exports in any form; `export *` exports what the other file does. */
function exportedNames(text: string, namesOf: (specifier: string) => readonly string[]): string[] {
  const names = statementsOf(text).flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return isExported(statement) ? declaredNames(statement) : [];
    const { exportClause: clause, moduleSpecifier: specifier } = statement;
    if (clause === undefined) return specifier && ts.isStringLiteral(specifier) ? namesOf(specifier.text) : [];
    return ts.isNamespaceExport(clause) ? [clause.name.text] : clause.elements.map(({ name }) => name.text);
  });
  // An overloaded function is declared several times.
  return [...new Set(names)];
}

function namesExportedBy(file: SourceFile): string[] {
  return exportedNames(file.text, (specifier) => {
    const path = importedFile(file, specifier);
    return files.filter((other) => other.path === path).flatMap(namesExportedBy);
  });
}

/** Without destructured names, which belong to what they are taken from, such as a module that is loaded on demand. */
function privateNames(text: string): string[] {
  const exported = exportedNames(text, () => []);
  return statementsOf(text)
    .flatMap((statement) => declaredNames(statement, (name) => (ts.isIdentifier(name) ? [name.text] : [])))
    .filter((name) => !exported.includes(name));
}

function statementsOf(text: string): readonly ts.Statement[] {
  return ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest).statements;
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function declaredNames(statement: ts.Statement, namesIn = boundNames): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  }
  const isDeclaration =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isDeclaration && statement.name !== undefined ? [statement.name.text] : [];
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

type Graph = ReadonlyMap<string, Iterable<string>>;

/** The project's own files that each file imports, by imports of any kind. */
const fileGraph: Graph = new Map(
  files.map((file) => [
    file.path,
    file.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => importedFile(file, specifier)),
  ]),
);

/** The same between folders of any depth. A folder and a folder inside it count as one. */
function folderGraph(): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [path, imported] of fileGraph) {
    const from = dirname(path);
    const others = Array.from(imported, dirname).filter(
      (to) => !`${to}${sep}`.startsWith(`${from}${sep}`) && !`${from}${sep}`.startsWith(`${to}${sep}`),
    );
    const known = graph.get(from) ?? new Set();
    graph.set(from, new Set([...known, ...others]));
  }
  return graph;
}

/** Paths from a node back to itself: at least one per cycle. */
function circlesOf(graph: Graph): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) {
      circles.push([...way.slice(way.indexOf(node)), node].join(' -> '));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return circles;
}

/** The other top folders that each top folder imports. */
function importedFolders(): Graph {
  const graph = new Map<string, Set<string>>();
  for (const { path, folder: from } of files.filter(({ folder }) => folder !== '')) {
    const folders = Array.from(fileGraph.get(path) ?? [], folderOf);
    const others = folders.filter((to) => to !== undefined && to !== from && ALLOWED.has(to)) as string[];
    graph.set(from, new Set([...(graph.get(from) ?? []), ...others]));
  }
  return graph;
}

/** The arrows of the picture: `a --> b & c --> d`, one chain per line. */
function drawnFolders(): Graph {
  const picture = /```mermaid\nflowchart TD\n(.*?)```/s.exec(ARCHITECTURE)?.[1] ?? '';
  const graph = new Map<string, Set<string>>();
  for (const line of picture.split('\n')) {
    const chain = line.split('-->').map((nodes) => nodes.split('&').map((node) => node.trim()));
    for (const [index, nodes] of chain.entries()) {
      for (const from of nodes) graph.set(from, new Set([...(graph.get(from) ?? []), ...(chain[index + 1] ?? [])]));
    }
  }
  return graph;
}

/** Every node that is reachable from one. */
function reachedFrom(node: string, graph: Graph, seen = new Set<string>()): Set<string> {
  for (const next of graph.get(node) ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    reachedFrom(next, graph, seen);
  }
  return seen;
}

/** All files that are reachable from the entry points of the functions and of the task. */
function functionFiles(): SourceFile[] {
  const entries = files.filter(({ folder }) => folder === 'functions').map(({ path }) => path);
  const reached = new Set(entries.flatMap((entry) => [entry, ...reachedFrom(entry, fileGraph)]));
  return files.filter(({ path }) => reached.has(path));
}

describe('the folders of src', () => {
  test('are all in the table', () => {
    const folders = new Set(files.map(({ folder }) => folder).filter((folder) => folder !== ''));
    expect([...folders].toSorted()).toEqual([...ALLOWED.keys()].toSorted());
  });

  test('import only what the table allows', () => {
    const violations = files.flatMap((file) => {
      const rule = ALLOWED.get(file.folder);
      return file.imports.flatMap((specifier) => {
        const relativeImport = specifier.startsWith('.');
        const folder = relativeImport ? folderOf(importedFile(file, specifier)) : undefined;
        const allowed = relativeImport
          ? folder === undefined || folder === file.folder || rule?.folders.includes(folder)
          : rule?.packages.some((name) => matchesPackage(specifier, name));
        return allowed === true
          ? []
          : [`${file.path} imports ${specifier}, which "Allowed imports" of docs/architecture.md does not allow`];
      });
    });
    expect(violations).toEqual([]);
  });

  test('have no cyclic dependencies', () => {
    expect(circlesOf(new Map([...ALLOWED].map(([folder, { folders }]) => [folder, folders])))).toEqual([]);
  });

  test('match their picture in docs/architecture.md', () => {
    const drawn = drawnFolders();
    const actual = importedFolders();
    const pairsOf = (graph: Graph): string[] =>
      [...graph].flatMap(([from, to]) => Array.from(to, (folder) => `${from} --> ${folder}`));
    expect(pairsOf(drawn).filter((pair) => !pairsOf(actual).includes(pair))).toEqual([]);
    const reached = new Map([...drawn.keys()].map((folder) => [folder, reachedFrom(folder, drawn)]));
    expect(pairsOf(actual).filter((pair) => !pairsOf(reached).includes(pair))).toEqual([]);
  });

  test('have no circular imports between files, not even of types', () => {
    expect(circlesOf(fileGraph)).toEqual([]);
  });

  test('have no circular imports between their subfolders', () => {
    expect(circlesOf(folderGraph())).toEqual([]);
  });

  test('export each name once, so that a search finds one thing', () => {
    const places = files.flatMap((file) =>
      // Every entry of Lambda is a `handler`.
      file.folder === 'functions' ? [] : namesExportedBy(file).map((name) => ({ name, path: file.path })),
    );
    const repeated = [...Map.groupBy(places, ({ name }) => name)].filter(([, found]) => found.length > 1);
    expect(repeated.map(([name, found]) => `${name}: ${found.map(({ path }) => path).join(', ')}`)).toEqual([]);
  });

  test.each([
    ['export const a = 1, { b, c: [d] } = x;', ['a', 'b', 'd']],
    ['export abstract class A {} export interface B {} export type C = 1; export enum D {}', ['A', 'B', 'C', 'D']],
    ['export async function* f() {} function g() {}', ['f']],
    ['const a = 1; export { a as b };', ['b']],
    ["export { type A, b } from './x.ts';", ['A', 'b']],
    ["export type { A } from './x.ts';", ['A']],
    ["export * from './x.ts';", ['of ./x.ts']],
    ["export * as all from './x.ts';", ['all']],
  ])('show the names that are exported by %s', (text, names) => {
    expect(exportedNames(text, (specifier) => [`of ${specifier}`])).toEqual(names);
  });

  test('have no private name that another file exports', () => {
    const exported = new Map(files.flatMap((file) => namesExportedBy(file).map((name) => [name, file.path])));
    const shadows = files.flatMap(({ path, text }) =>
      privateNames(text)
        .filter((name) => exported.has(name))
        .map(
          (name) => `${name} of ${path} is not the one that is exported by ${exported.get(name)}: rename or import it`,
        ),
    );
    expect(shadows).toEqual([]);
  });

  test('load no library in a function if only the commands need it', () => {
    const loaded = functionFiles();
    expect(loaded.length).toBeGreaterThan(100);
    const uses = loaded.flatMap(({ path, imports }) =>
      imports.filter((specifier) => COMMAND_LIBRARIES.includes(specifier)).map((name) => `${path} imports ${name}`),
    );
    expect(uses).toEqual([]);
  });

  test('import KiB, MiB and GiB from src/units.ts', () => {
    const spelled = files.flatMap(({ path, text }) =>
      path === join('src', 'units.ts')
        ? []
        : [...text.matchAll(/\b1024 \*{1,2} |\* 1024\b|\b2 \*\* [1-4]0\b/g)].map(
            ({ index }) =>
              `${path}:${text.slice(0, index).split('\n').length}: use KIB, MIB, GIB or TIB of src/units.ts`,
          ),
    );
    expect(spelled).toEqual([]);
  });

  test('leave process.env and argv to the entry points', () => {
    const readers = files.filter(
      ({ folder, text }) => !ENTRY_POINTS.includes(folder) && /process\.(env|argv)/.test(text),
    );
    expect(readers.map(({ path }) => path)).toEqual([]);
  });

  test('keep the Lambda entry points under 40 lines', () => {
    const entries = files.filter(({ folder }) => folder === 'functions');
    expect(entries.length).toBeGreaterThan(0);
    for (const { text } of entries) expect(text.split('\n').length).toBeLessThan(40);
  });
});
