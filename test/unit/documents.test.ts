import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { documentedCommands } from '../support/documents/documented-commands.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPTS = Object.keys(
  (JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'layers/README.md', 'events/README.md'],
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
].map((path) => ({ path, text: readFileSync(join(PROJECT, path), 'utf8') }));

/**
 * Options per command, `dead-letters redrive` included, from docs/commands.md, which another test compares with the
 * commands.
 */
const OPTIONS = new Map(
  (documents.find(({ path }) => path === 'docs/commands.md')?.text ?? '').split(/^##+ /m).map((section) => {
    const [name = '', ...help] = section.split('\n');
    return [name, new Set(help.join('\n').match(/(?<=^ {2}.*)--[a-z-]+|^ {2}-h\b/gm) ?? [])] as const;
  }),
);

/** The options in a document's s3xrc commands that those commands do not have. */
function unknownOptions(text: string): string[] {
  const commands = documentedCommands(text, ['s3xrc', 'npm']).flatMap(({ words: [program, ...words] }) => {
    if (program === 's3xrc') return [words];
    // Some npm scripts run other programs.
    const passed = words.indexOf('--');
    return words[0] === 'run' && passed > 0 && OPTIONS.has(words[1] ?? '')
      ? [[words[1] ?? '', ...words.slice(passed + 1)]]
      : [];
  });
  return commands.flatMap(([name = '', ...rest]) => {
    const own = OPTIONS.get(name);
    if (own === undefined)
      return ['help', 'completion'].includes(name) || /^[-A-Z.…]/.test(name) ? [] : [`there is no ${name}`];
    const known = new Set([...own, ...(OPTIONS.get(`${name} ${rest[0] ?? ''}`) ?? []), '--help', '--', '-h']);
    return rest
      .filter((word) => word.startsWith('-') && !known.has(word.replace(/=.*/, '')))
      .map((word) => `${name} ${word}`);
  });
}

/** Whether a line has a space within that many characters, at which it could be wrapped. */
function breakBefore(line: string, width: number): boolean {
  const solid = line.replaceAll(/`[^`]*`|\[[^\]]*\]\([^)]*\)/g, (atom) => '#'.repeat(atom.length));
  return solid
    .trimStart()
    .replace(/^(?:[-*]|\d+\.) +/, '')
    .slice(0, width)
    .includes(' ');
}

describe('the documents', () => {
  test.each(documents)('$path names only npm scripts that exist', ({ text }) => {
    const named = [...text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !SCRIPTS.includes(script))).toEqual([]);
  });

  test.each(documents)('$path links only to files that exist', ({ path, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(PROJECT, dirname(path), link)))).toEqual([]);
  });

  test.each(documents)('$path wraps its lines at 120 characters', ({ text }) => {
    const prose = text.replaceAll(/^ *```.*?^ *```$/gms, '').split('\n');
    // Tables, quotes, and what cannot be broken: code, links.
    const long = prose.filter((line) => line.length > 120 && !/^ *[|>]/.test(line) && breakBefore(line, 120));
    expect(long).toEqual([]);
  });

  test('docs/README.md lists every page and decision', () => {
    const index = readFileSync(join(PROJECT, 'docs/README.md'), 'utf8');
    const pages = documents.map(({ path }) => path).filter((path) => /^docs\/(?!README)/.test(path));
    expect(pages.filter((path) => !index.includes(`](${path.slice('docs/'.length)})`))).toEqual([]);
  });

  test.each(documents)('$path shows only s3xrc commands and options that exist', ({ text }) => {
    expect(unknownOptions(text)).toEqual([]);
  });

  test.each([
    ['`npx s3xrc deploy --dryrun`', ['deploy --dryrun']],
    ['`npm run remove -- --now`', ['remove --now']],
    ['`s3xrc dead-letters redrive --code X --all-of-them`', ['dead-letters --all-of-them']],
    ['`s3xrc dead-letter list`', ['there is no dead-letter']],
    ['```\nnpx s3xrc doctor --only buckets | less --raw   # --nothing\n```', []],
  ])('are searched for wrong commands and options: %s', (text, wrong) => {
    expect(unknownOptions(text)).toEqual(wrong);
  });
});
