import * as z from 'zod';
import { InvalidEmfError } from '../../../../local-cloud/errors.ts';
import { MetricStore } from '../../../../local-cloud/metrics/metric-store.ts';
import { LevelUses, loggedFrames } from './level-use.ts';

/** Lines of the functions' JSON logs that report progress. All other lines, such as EMF metrics, are ignored. */
const logLine = z.object({
  message: z.string(),
  level: z.string(),
  objects: z.number().optional(),
  /** Bytes of the objects: packed or restored ones, as each side names them. */
  original_bytes: z.number().optional(),
  bytes: z.number().optional(),
  cpu_seconds: z.number().optional(),
  frames: loggedFrames.optional(),
  error: z.object({ message: z.string() }).optional(),
});

const PACKED = 'Archive packed';
const RESTORED = 'Archive restored';

/** Max errors that are kept: enough to see what went wrong. */
const KEPT_COMPLAINTS = 100;

/** Follows what the functions of a pipeline write. */
export class FunctionLog {
  /** What they wrote as metrics. */
  readonly metrics = new MetricStore();
  readonly levels = new LevelUses();
  /** While failures are injected, they are not reported. */
  isFailureExpected = false;
  readonly #complaints: string[] = [];
  #packed = 0;
  #archives = 0;
  #restored = 0;
  #bytes = 0;
  #packingCpuSeconds = 0;

  /** Objects in archives so far; one that is packed again counts again. */
  get packed(): number {
    return this.#packed;
  }

  /** Archives that were packed so far. */
  get archives(): number {
    return this.#archives;
  }

  /** Objects of restored archives so far. */
  get restored(): number {
    return this.#restored;
  }

  /** Bytes of the objects packed and restored so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** CPU time of compression so far. */
  get packingCpuSeconds(): number {
    return this.#packingCpuSeconds;
  }

  /** Errors that the functions logged, the oldest first. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  read(line: string): void {
    this.#readMetrics(line);
    const entry = parseLine(line);
    if (entry === undefined) return;
    if (entry.message === PACKED || entry.message === RESTORED) this.#bytes += entry.original_bytes ?? entry.bytes ?? 0;
    if (entry.message === PACKED) {
      this.#packed += entry.objects ?? 0;
      this.#archives += 1;
      this.#packingCpuSeconds += entry.cpu_seconds ?? 0;
      this.levels.add(entry.frames ?? []);
    }
    if (entry.message === RESTORED) this.#restored += entry.objects ?? 0;
    if (entry.level === 'ERROR') {
      this.#complain(entry.error === undefined ? entry.message : `${entry.message}: ${entry.error.message}`);
    }
  }

  #readMetrics(line: string): void {
    try {
      this.metrics.read(line);
    } catch (thrown) {
      if (!(thrown instanceof InvalidEmfError)) throw thrown;
      this.#complain(thrown.message);
    }
  }

  #complain(complaint: string): void {
    if (!this.isFailureExpected && this.#complaints.length < KEPT_COMPLAINTS) this.#complaints.push(complaint);
  }
}

function parseLine(line: string): z.infer<typeof logLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    // An incomplete line: its process was killed while writing it.
    return undefined;
  }
}
