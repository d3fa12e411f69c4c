/** Every nth, begun with the first. */
export function chooseEvery<T>(n: number, all: readonly T[]): readonly T[] {
  return all.filter((_, index) => index % n === 0);
}
