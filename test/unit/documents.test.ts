import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parseDemoOptions } from '../../src/cli/demo/options.ts';

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

function demoOptions(): string[] {
  let help = '';
  parseDemoOptions(['--help'], (text) => {
    help += text;
  });
  return help.match(/--[a-z-]+/g) ?? [];
}

/** Whether a line has a space at which it could end within that many characters. */
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

  test.each(documents)('$path shows only options that the demo has', ({ text }) => {
    const shown = [...text.matchAll(/npm run demo -- ([^`\n#]*)/g)].flatMap(
      ([, rest = '']) => rest.match(/--[a-z-]+/g) ?? [],
    );
    expect(shown.filter((option) => !demoOptions().includes(option))).toEqual([]);
  });
});
