/** Fails unless a generated text matches its sources. @param fix the command that rewrites it, for the error message */
export function expectCurrent(found: string, made: string, fix: string): void {
  if (found === made) return;
  const before = found.split('\n');
  const after = made.split('\n');
  const line = after.findIndex((text, index) => text !== before[index]);
  const at = line === -1 ? after.length : line;
  throw new Error(
    `It is out of date from line ${at + 1} on.\n` +
      `  there: ${before[at] ?? '(the end)'}\n   made: ${after[at] ?? '(the end)'}\n` +
      `Run \`${fix}\` and commit what it writes.`,
  );
}
