import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BANNED_PHRASES } from './banned-phrases.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Files that people read and write: code, tests, documents, and the files that a user edits. */
const ROOTS = ['src', 'local-cloud', 'test', 'docs', 'configuration', 'events', 'layers', 'bin'];
const SINGLE_FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'template.yaml', 'package.json'];
const TEXT = /\.(?:ts|mjs|js|py|md|json|yaml|sh)$/;
/** Text recorded from others, and the list itself. */
const EXEMPT = /^test\/(?:fixtures|support\/language|unit\/language-of-code-and-documents)/;

export interface FoundPhrase {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly phrase: string;
  readonly advice: string;
}

/** Every occurrence of a banned phrase, file by file. */
export function findBannedPhrases(): FoundPhrase[] {
  return textFiles().flatMap((path) => {
    const text = readFileSync(join(PROJECT, path), 'utf8');
    return BANNED_PHRASES.flatMap(({ pattern, advice }) =>
      [...text.matchAll(pattern)].map(({ 0: phrase, index }) => {
        return { path, line: text.slice(0, index).split('\n').length, phrase, advice };
      }),
    );
  });
}

function textFiles(): string[] {
  const inRoots = ROOTS.flatMap((root) =>
    readdirSync(join(PROJECT, root), { recursive: true, encoding: 'utf8' }).map((path) => join(root, path)),
  );
  return [...SINGLE_FILES, ...inRoots]
    .filter((path) => TEXT.test(path) && !EXEMPT.test(path) && statSync(join(PROJECT, path)).isFile())
    .toSorted();
}
