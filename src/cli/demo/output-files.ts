import { constants } from 'node:fs';
import { access, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorText } from '../command/explain-failure.ts';
import { DemoInputError } from './errors.ts';
import { systemErrorCode } from './input/system-error-code.ts';
import type { DemoOptions } from './options.ts';

export type OutputOptions = Pick<DemoOptions, 'json' | 'report' | 'archives'>;

/**
 * Makes the folders of what a run writes, and looks whether it can be written: before anything else is done, so that a run is
 * not lost to a path.
 * @throws DemoInputError that names option and path
 */
export async function prepareOutputs({ json, report, archives }: OutputOptions): Promise<void> {
  const file = typeof json === 'string' ? json : undefined;
  if (file === report) throw new DemoInputError(`--json and --report are the same file: ${report}`);
  await prepareFile('--report', report);
  if (file !== undefined) await prepareFile('--json', file);
  if (archives !== undefined) await prepareFolder('--archives', archives);
}

/**
 * Writes what was asked for, one after the other.
 * @returns why something could not be written, in a sentence for each
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

async function prepareFile(option: string, path: string): Promise<void> {
  await prepareFolder(option, dirname(path));
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw new DemoInputError(`${option} ${path}: it is a folder, not a file`);
  try {
    // Permissions alone do not tell: there are file systems in which not even root makes a file.
    await (await open(path, 'a')).close();
    if (found === undefined) await rm(path);
  } catch (cause) {
    throw notWritable(option, path, cause);
  }
}

async function prepareFolder(option: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = systemErrorCode(cause) === 'EEXIST' ? 'a file has that name' : systemErrorText(cause);
    throw new DemoInputError(`${option}: folder ${folder} cannot be made: ${reason}`, { context: { folder }, cause });
  }
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw notWritable(option, folder, cause);
  }
}

function notWritable(option: string, path: string, cause: unknown): DemoInputError {
  return new DemoInputError(`${option}: ${path} cannot be written: ${systemErrorText(cause)}`, {
    context: { path },
    cause,
  });
}
