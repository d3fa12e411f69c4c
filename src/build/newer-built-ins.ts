/**
 * Built-in functions that our sources use and Node 20 does not have (Map.groupBy came with 21, Promise.withResolvers
 * with 22, AsyncDisposableStack with 24). Injected only into the bundle of s3xrc. Existing functions are not replaced.
 */
interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
    index += 1;
  }
  return groups;
}

function withResolvers<T>(): Resolvers<T> {
  let resolve: Resolvers<T>['resolve'] = () => undefined;
  let reject: Resolvers<T>['reject'] = () => undefined;
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}

/** The part of AsyncDisposableStack that our sources use. */
class DisposalStack implements AsyncDisposable {
  readonly #disposals: (() => PromiseLike<void> | void)[] = [];

  defer(dispose: () => PromiseLike<void> | void): void {
    this.#disposals.push(dispose);
  }

  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Last in, first out; all are called even if one throws. @throws the first error */
  async disposeAsync(): Promise<void> {
    const failures: unknown[] = [];
    for (let dispose = this.#disposals.pop(); dispose !== undefined; dispose = this.#disposals.pop()) {
      try {
        await dispose();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}

for (const [owner, name, value] of [
  [Map, 'groupBy', groupBy],
  [Promise, 'withResolvers', withResolvers],
  [globalThis, 'AsyncDisposableStack', DisposalStack],
] as const) {
  if (!(name in owner)) Object.defineProperty(owner, name, { value, writable: true, configurable: true });
}
