/**
 * Waits for a write to a file. Errors of an open file do not name it; this adds its path.
 * @throws the file system's error, with the path
 */
export async function withFilePath<T>(path: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && !('path' in thrown)) {
      Object.assign(thrown, { path });
    }
    throw thrown;
  }
}
