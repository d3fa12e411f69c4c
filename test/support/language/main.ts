import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBannedPhrases, PROJECT } from './find-banned-phrases.ts';

/** Prints every banned phrase with its place; with `--write`, notes how many each folder has. */
const found = findBannedPhrases();
if (process.argv.includes('--write')) {
  const counts = Object.fromEntries(
    [...Map.groupBy(found, ({ folder }) => folder)].map(([folder, { length }]) => [folder, length]),
  );
  writeFileSync(join(PROJECT, 'test/support/language/allowed.json'), `${JSON.stringify(counts, undefined, 2)}\n`);
} else {
  for (const { path, line, phrase, advice } of found) console.log(`${path}:${line}: "${phrase}": write ${advice}`);
}
console.log(`${found.length} banned phrases`);
