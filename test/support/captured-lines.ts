import { afterEach, beforeEach } from '@jest/globals';

export type Line = Readonly<Record<string, unknown>>;

/** The JSON lines that each test of a file writes to its standard streams, which print nothing meanwhile. */
export function captureLines(): Line[] {
  const lines: Line[] = [];
  const write = process.stdout.write.bind(process.stdout);
  const writeError = process.stderr.write.bind(process.stderr);
  beforeEach(() => {
    lines.length = 0;
    const capture = (text: string | Uint8Array): boolean => {
      for (const line of String(text).split('\n').filter(Boolean)) lines.push(JSON.parse(line) as Line);
      return true;
    };
    process.stdout.write = capture;
    process.stderr.write = capture;
  });
  afterEach(() => {
    process.stdout.write = write;
    process.stderr.write = writeError;
  });
  return lines;
}
