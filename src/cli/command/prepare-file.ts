import { constants } from 'node:fs';
import { access, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from './errors.ts';
import { systemErrorText } from './explain-failure.ts';

/**
 * Creates the folder of a file that an option names, and checks whether the file can be written, before anything else
 * is done, so that a bad path does not waste a long run. The contents of an existing file are kept.
 * @throws UsageError that names option and path
 */
export async function prepareFile(option: string, path: string): Promise<void> {
  await prepareFolder(option, dirname(path));
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw new UsageError(`${option} ${path}: it is a folder, not a file`);
  try {
    // Permissions alone are not enough: in some file systems not even root can create a file.
    await (await open(path, 'a')).close();
    if (found === undefined) await rm(path);
  } catch (cause) {
    throw notWritable(option, path, cause);
  }
}

/** @throws UsageError that names option and folder */
export async function prepareFolder(option: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = isTaken(cause) ? 'a file with that name exists' : systemErrorText(cause);
    throw new UsageError(`${option}: folder ${folder} cannot be created: ${reason}`, { context: { folder }, cause });
  }
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw notWritable(option, folder, cause);
  }
}

function notWritable(option: string, path: string, cause: unknown): UsageError {
  return new UsageError(`${option}: ${path} cannot be written: ${systemErrorText(cause)}`, {
    context: { path },
    cause,
  });
}

/** By shape: errors of node:fs may belong to another realm. */
function isTaken(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EEXIST';
}
