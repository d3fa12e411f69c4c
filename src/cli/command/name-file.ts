/**
 * Waits for writing to a file. Errors of a file that is open do not say which one it is: these do.
 * @throws what the file system says, with the path
 */
export async function nameFile<T>(path: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && !('path' in thrown)) {
      Object.assign(thrown, { path });
    }
    throw thrown;
  }
}
