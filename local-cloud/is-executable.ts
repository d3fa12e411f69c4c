import { access, constants } from 'node:fs/promises';

/** Whether a file exists and may be run. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
