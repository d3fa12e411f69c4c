import { findBannedPhrases } from './find-banned-phrases.ts';

/** Prints every banned phrase with its location and a replacement. */
const found = findBannedPhrases();
for (const { path, line, phrase, advice } of found) console.log(`${path}:${line}: "${phrase}": write ${advice}`);
console.log(`${found.length} banned phrases`);
process.exitCode = found.length === 0 ? 0 : 1;
