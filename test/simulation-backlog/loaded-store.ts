import type { Random } from '../../local-cloud/faults/random.ts';
import { AdaptiveConcurrency } from '../../src/aws/s3/adaptive-concurrency.ts';
import { RetryPolicy } from '../../src/aws/s3/retry-policy.ts';
import { UnavailableStorageError } from '../../src/storage/errors.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import type { BucketLoad } from './bucket-load.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The load and refusals of all stores of a simulation, by bucket. */
export interface BucketFigures {
  calls: number;
  throttled: number;
  inFlight: number;
  maxInFlight: number;
}

export interface LoadOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly memory: MemoryObjectStore;
  /** By bucket; a bucket without an entry refuses nothing. */
  readonly loads: ReadonlyMap<string, BucketLoad>;
  readonly figures: Map<string, BucketFigures>;
}

/** Milliseconds until an answer: half of it fixed, the rest random. */
const SERVED = 40;
const REFUSED = 10;
/** Sockets of one process, as in s3-connection.ts. */
const CONNECTIONS = 256;

type Call = 'read' | 'readTags' | 'head' | 'put' | 'remove';

/**
 * The storage as one process sees it: in memory, behind a network and an S3 that throttles. Calls use the same retry
 * policy and adaptive concurrency as in s3-connection.ts.
 */
export function loadedStore(options: LoadOptions): MemoryObjectStore {
  const client = new LoadedClient(options);
  return new Proxy(options.memory, {
    get: (memory, name) => {
      const method = memory[name as Call].bind(memory) as (request: ObjectLocation, ...rest: unknown[]) => unknown;
      if (!isCall(name)) return method;
      return (request: ObjectLocation, ...rest: unknown[]) =>
        client.call(request.bucket, name, () => method(request, ...rest));
    },
  });
}

function isCall(name: string | symbol): name is Call {
  return ['read', 'readTags', 'head', 'put', 'remove'].includes(String(name));
}

class LoadedClient {
  readonly #options: LoadOptions;
  readonly #retries: RetryPolicy;
  readonly #concurrency = new Map<string, AdaptiveConcurrency>();

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#retries = new RetryPolicy({ sleep: options.time.sleep, random: options.random });
  }

  async call(bucket: string, name: Call, serve: () => unknown): Promise<unknown> {
    const concurrency = this.#concurrencyOf(bucket);
    await concurrency.begin();
    for (let attempt = 1; ; attempt += 1) {
      if (!(await this.#attempt(bucket))) {
        concurrency.end('served');
        this.#retries.earn();
        return serve();
      }
      concurrency.noteThrottling();
      if (!this.#retries.spend(attempt, 'throttled')) {
        concurrency.end('failed');
        throw new UnavailableStorageError(`${name} of ${bucket} was throttled ${attempt} times`, {
          context: { operation: name, bucket },
        });
      }
      await this.#retries.wait(attempt, 'throttled');
    }
  }

  async #attempt(bucket: string): Promise<boolean> {
    const { time, random, loads } = this.#options;
    const figures = this.#figuresOf(bucket);
    figures.calls += 1;
    figures.inFlight += 1;
    figures.maxInFlight = Math.max(figures.maxInFlight, figures.inFlight);
    const refused = loads.get(bucket)?.refuses(time.now()) ?? false;
    if (refused) figures.throttled += 1;
    await time.sleep((refused ? REFUSED : SERVED) * (0.5 + random()));
    figures.inFlight -= 1;
    return refused;
  }

  #concurrencyOf(bucket: string): AdaptiveConcurrency {
    const known = this.#concurrency.get(bucket);
    if (known !== undefined) return known;
    const made = new AdaptiveConcurrency({ most: CONNECTIONS, now: this.#options.time.now });
    this.#concurrency.set(bucket, made);
    return made;
  }

  #figuresOf(bucket: string): BucketFigures {
    const known = this.#options.figures.get(bucket);
    if (known !== undefined) return known;
    const made = { calls: 0, throttled: 0, inFlight: 0, maxInFlight: 0 };
    this.#options.figures.set(bucket, made);
    return made;
  }
}
