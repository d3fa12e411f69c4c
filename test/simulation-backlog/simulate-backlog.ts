import { seededRandom } from '../../local-cloud/faults/random.ts';
import { BufferPool } from '../../src/compression/buffer-pool.ts';
import { compressBound } from '../../src/compression/zstd-frames.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import { packBatch } from '../../src/packing/process-batch.ts';
import { restoreBatch } from '../../src/restoring/process-batch.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { EVENT_TIME, s3Notification } from '../support/notifications.ts';
import { exampleRule } from '../support/rules.ts';
import { inlineCompression, OUTBOUND, SourceServiceHarness } from '../support/source-service.ts';
import { INBOUND, TARGET, TargetRegion } from '../support/target-region.ts';
import type { BucketLoad } from './bucket-load.ts';
import { type BucketFigures, loadedStore } from './loaded-store.ts';
import { type Invoke, runFunctions } from './simulated-functions.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Scenario {
  readonly name: string;
  /** Events of all source buckets. */
  readonly events: number;
  /** Events per second, one after the other. Absent: all at once. */
  readonly eventsPerSecond?: number;
  /** Seconds for which messages are collected for a batch of a source function. Default: 20. */
  readonly batchWindowSeconds?: number;
  /** Milliseconds between two polls of S3's replication. Default: 5 s. */
  readonly replicationMilliseconds?: number;
  /** Rules into one target region, each with its own bucket, queue and function. */
  readonly sources: number;
  /** Maximum concurrency of each source function, and of the target function. */
  readonly scalingLimit: number;
  readonly batchSize: number;
  readonly timeoutSeconds: number;
  /** Seconds to compress a frame. */
  readonly frameSeconds: number;
  /** Bytes of objects per archive. */
  readonly archiveBytes: number;
  /** What S3 refuses for each source bucket, and for the target bucket. */
  readonly sourceLoad?: () => BucketLoad;
  readonly targetLoad?: () => BucketLoad;
}

export interface BacklogFigures {
  readonly scenario: Scenario;
  readonly seconds: number;
  /** Seconds from the last byte written of each object until it was restored, in ascending order. */
  readonly latencies: readonly number[];
  readonly archives: number;
  readonly identical: number;
  readonly deadLetters: readonly string[];
  readonly maxReceives: number;
  readonly requeued: number;
  readonly sourceRuns: number;
  readonly targetRuns: number;
  readonly maxSourceRuns: number;
  readonly maxTargetRuns: number;
  readonly source: BucketFigures;
  readonly target: BucketFigures;
}

const SEED = 20_261_123;
const MAX_RECEIVES = 5;
const BATCH_WINDOW_SECONDS = 20;
const REPLICATION_MILLISECONDS = 5_000;
const BODY_BYTES = 400;
/** Enough for a frame of the small objects here; those of the product are larger, one set per invocation. */
const FRAME_BUFFER = 3 * 1024 * 1024;
const TARGET_RUNS = 20;

/**
 * Runs both services, unchanged, on virtual time and storage in memory, with the events of all objects at once,
 * functions that are invoked as Lambda does it, an S3 that throttles, and archives that are copied every few seconds.
 */
export async function simulateBacklog(scenario: Scenario): Promise<BacklogFigures> {
  const simulation = new Simulation(scenario);
  return await simulation.run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #time = new VirtualTime(Date.parse(EVENT_TIME));
  readonly #random = seededRandom(SEED);
  readonly #memory = new MemoryObjectStore({ now: this.#time.now });
  readonly #figures = new Map<string, BucketFigures>();
  readonly #loads = new Map<string, BucketLoad>();
  readonly #rules: readonly ReplicationRule[];
  readonly #sourceQueues: readonly SimulatedQueue[];
  readonly #targetQueue = new SimulatedQueue(this.#time, MAX_RECEIVES);
  #placed = false;
  #replicated = false;
  #archives = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#rules = Array.from({ length: scenario.sources }, (_, index) =>
      exampleRule({ bucket: `source-${index}`, level: 1, maxArchiveBytes: scenario.archiveBytes }),
    );
    this.#sourceQueues = this.#rules.map(() => new SimulatedQueue(this.#time, MAX_RECEIVES));
    for (const { source } of this.#rules) this.#load(source.bucket, scenario.sourceLoad);
    this.#load(TARGET, scenario.targetLoad);
  }

  async run(): Promise<BacklogFigures> {
    const placing = this.#placeObjects();
    // Nothing happens in between, so this is quick.
    if (this.#scenario.eventsPerSecond === undefined) await placing;
    const begun = this.#time.now();
    const packing = this.#rules.map((rule, index) => this.#packAll(rule, index));
    const work = Promise.all([Promise.all(packing), this.#replicate(), this.#restoreAll(), placing]);
    await this.#time.run(work);
    const [sources, , target] = await work;
    const queues = [...this.#sourceQueues, this.#targetQueue];
    return {
      scenario: this.#scenario,
      seconds: (this.#time.now() - begun) / 1000,
      latencies: this.#measureLatencies(),
      archives: this.#archives,
      identical: this.#countIdentical(),
      deadLetters: queues.flatMap(({ deadLetters }) => deadLetters),
      maxReceives: Math.max(...queues.map(({ maxReceives }) => maxReceives)),
      requeued: queues.reduce((sum, queue) => sum + queue.requeued, 0),
      sourceRuns: sources.reduce((sum, { runs }) => sum + runs, 0),
      targetRuns: target.runs,
      maxSourceRuns: Math.max(...sources.map(({ maxConcurrent }) => maxConcurrent)),
      maxTargetRuns: target.maxConcurrent,
      source: sumFigures(this.#rules.map(({ source }) => this.#figures.get(source.bucket))),
      target: sumFigures([this.#figures.get(TARGET)]),
    };
  }

  #load(bucket: string, make: (() => BucketLoad) | undefined): void {
    if (make !== undefined) this.#loads.set(bucket, make());
  }

  async #placeObjects(): Promise<void> {
    const { events, sources, eventsPerSecond } = this.#scenario;
    for (let index = 0; index < events; index += 1) {
      if (eventsPerSecond !== undefined) await this.#time.sleep(1000 / eventsPerSecond);
      const bucket = `source-${index % sources}`;
      const key = keyOf(index);
      const etag = await this.#memory.place({ bucket, key }, bodyOf(index));
      this.#sourceQueues[index % sources]?.send(s3Notification({ bucket, key, etag, size: BODY_BYTES }));
    }
    this.#placed = true;
  }

  #packAll(rule: ReplicationRule, index: number): ReturnType<typeof runFunctions> {
    const queue = this.#sourceQueues[index];
    if (queue === undefined) throw new RangeError(`Rule ${index} has no queue`);
    const { scalingLimit, batchSize, timeoutSeconds, batchWindowSeconds = BATCH_WINDOW_SECONDS } = this.#scenario;
    return runFunctions({
      time: this.#time,
      queue,
      environments: Array.from({ length: scalingLimit }, () => this.#packer(rule, queue)),
      batchSize,
      batchWindowSeconds,
      timeoutSeconds,
      isOver: () => this.#placed && queue.size === 0,
    });
  }

  #packer(rule: ReplicationRule, queue: SimulatedQueue): Invoke {
    const { frameSeconds } = this.#scenario;
    const time = this.#time;
    const buffers = {
      inputs: new BufferPool(FRAME_BUFFER, 2),
      outputs: new BufferPool(compressBound(FRAME_BUFFER), 2),
      parts: new BufferPool(2 * FRAME_BUFFER, 3),
    };
    const { dependencies } = new SourceServiceHarness({
      rule,
      queue,
      buffers,
      store: this.#store(),
      pool: {
        ...inlineCompression,
        compress: async (task) => {
          await time.sleep(1000 * frameSeconds);
          return inlineCompression.compress(task);
        },
      },
      limits: { parallelReads: 128, resumableBytes: 2 ** 30 },
      maxReceives: MAX_RECEIVES,
      random: this.#random,
      now: time.now,
    });
    return (messages, remaining) => packBatch(messages, remaining, dependencies);
  }

  /** S3 copies new archives in the outbound bucket, until no more can come. */
  async #replicate(): Promise<void> {
    const { replicationMilliseconds = REPLICATION_MILLISECONDS } = this.#scenario;
    for (;;) {
      await this.#time.sleep(replicationMilliseconds);
      const packed = this.#placed && this.#sourceQueues.every(({ size }) => size === 0);
      for (const key of this.#memory.keys(OUTBOUND)) {
        const archive = this.#memory.look({ bucket: OUTBOUND, key });
        if (archive === undefined) continue;
        const etag = await this.#memory.place({ bucket: INBOUND, key }, archive.body);
        this.#targetQueue.send(s3Notification({ bucket: INBOUND, key, etag, size: archive.body.length }));
        this.#memory.erase({ bucket: OUTBOUND, key });
        this.#archives += 1;
      }
      if (packed) break;
    }
    this.#replicated = true;
  }

  #restoreAll(): ReturnType<typeof runFunctions> {
    return runFunctions({
      time: this.#time,
      queue: this.#targetQueue,
      environments: Array.from({ length: TARGET_RUNS }, () => this.#restorer()),
      batchSize: 4,
      batchWindowSeconds: 0,
      timeoutSeconds: 900,
      isOver: () => this.#replicated && this.#targetQueue.size === 0,
    });
  }

  #restorer(): Invoke {
    const region = new TargetRegion({
      rules: this.#rules,
      now: this.#time.now,
      dependencies: {
        store: this.#store(),
        queue: this.#targetQueue,
        maxReceives: MAX_RECEIVES,
        random: this.#random,
      },
    });
    const { limits } = region.dependencies;
    return (messages, remainingMilliseconds) =>
      restoreBatch(messages, remainingMilliseconds, {
        ...region.dependencies,
        limits: { ...limits, parallelPuts: 128 },
      });
  }

  #store(): MemoryObjectStore {
    return loadedStore({
      time: this.#time,
      random: this.#random,
      memory: this.#memory,
      loads: this.#loads,
      figures: this.#figures,
    });
  }

  #measureLatencies(): number[] {
    const { events, sources } = this.#scenario;
    const latencies: number[] = [];
    for (let index = 0; index < events; index += 1) {
      const key = keyOf(index);
      const written = this.#memory.look({ bucket: `source-${index % sources}`, key })?.description.lastModified;
      const restored = this.#memory.look({ bucket: TARGET, key })?.description.lastModified;
      if (written && restored) latencies.push((restored.getTime() - written.getTime()) / 1000);
    }
    return latencies.toSorted((left, right) => left - right);
  }

  #countIdentical(): number {
    let identical = 0;
    for (let index = 0; index < this.#scenario.events; index += 1) {
      const found = this.#memory.look({ bucket: TARGET, key: keyOf(index) });
      if (found?.body.equals(bodyOf(index)) === true) identical += 1;
    }
    return identical;
  }
}

function keyOf(index: number): string {
  return `events/${index}.json`;
}

function bodyOf(index: number): Buffer {
  return Buffer.from(JSON.stringify({ index, kind: 'event', state: 'new' }).padEnd(BODY_BYTES));
}

function sumFigures(all: readonly (BucketFigures | undefined)[]): BucketFigures {
  const sum = { calls: 0, throttled: 0, inFlight: 0, maxInFlight: 0 };
  for (const figures of all) {
    sum.calls += figures?.calls ?? 0;
    sum.throttled += figures?.throttled ?? 0;
    sum.maxInFlight += figures?.maxInFlight ?? 0;
  }
  return sum;
}
