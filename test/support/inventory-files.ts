import type { InventoryFiles } from '../../src/inventory/dependencies.ts';

/** Data files in memory. `reads` records the requests. */
export function memoryInventoryFiles(
  files: Readonly<Record<string, Uint8Array>>,
): InventoryFiles & { readonly reads: [start: number, length: number][] } {
  const reads: [number, number][] = [];
  return {
    reads,
    open: (key) => {
      const bytes = files[key];
      if (bytes === undefined) return Promise.reject(new Error(`no file ${key}`));
      return Promise.resolve({
        size: bytes.byteLength,
        read: (start: number, length: number) => {
          reads.push([start, length]);
          return Promise.resolve(Uint8Array.from(bytes.subarray(start, start + length)));
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
  };
}
