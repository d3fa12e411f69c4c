import { writeFile } from 'node:fs/promises';
import { UsageError } from '../command/errors.ts';
import { systemErrorText } from '../command/explain-failure.ts';
import { prepareFile, prepareFolder } from '../command/prepare-file.ts';
import type { DemoOptions } from './options.ts';

export type OutputOptions = Pick<DemoOptions, 'json' | 'report' | 'archives'>;

/**
 * Creates the folders of a run's output files, and checks whether these can be written, before anything else is done,
 * so that a bad path does not waste a run.
 * @throws UsageError that names option and path
 */
export async function prepareOutputs({ json, report, archives }: OutputOptions): Promise<void> {
  const file = typeof json === 'string' ? json : undefined;
  if (file === report) throw new UsageError(`--json and --report are the same file: ${report}`);
  await prepareFile('--report', report);
  if (file !== undefined) await prepareFile('--json', file);
  if (archives !== undefined) await prepareFolder('--archives', archives);
}

/**
 * Writes the requested files, one after the other.
 * @returns a sentence for each file that could not be written
 */
export async function writeOutputs(files: readonly (readonly [path: string, content: string])[]): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, content] of files) {
    try {
      await writeFile(path, content);
    } catch (thrown) {
      problems.push(`${path} could not be written: ${systemErrorText(thrown)}`);
    }
  }
  return problems;
}
