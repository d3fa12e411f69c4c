import { z } from 'zod';

/** Lines of the functions' JSON logs that say how far they are. EMF metrics and all other lines are none. */
const logLine = z.object({
  message: z.string(),
  level: z.string(),
  objects: z.number().optional(),
  error: z.object({ message: z.string() }).optional(),
});

const PACKED = 'Archive packed';
const RESTORED = 'Archive restored';

/** Complaints that are kept: enough to see what went wrong, whatever the number of objects. */
const KEPT_COMPLAINTS = 100;

/** Follows what the functions of a pipeline write. */
export class FunctionLog {
  readonly #complaints: string[] = [];
  #packed = 0;
  #archives = 0;
  #restored = 0;

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

  /** Errors that the functions logged, the oldest first. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  read(line: string): void {
    const entry = parseLine(line);
    if (entry === undefined) return;
    if (entry.message === PACKED) {
      this.#packed += entry.objects ?? 0;
      this.#archives += 1;
    }
    if (entry.message === RESTORED) this.#restored += entry.objects ?? 0;
    if (entry.level === 'ERROR' && this.#complaints.length < KEPT_COMPLAINTS) {
      this.#complaints.push(entry.error === undefined ? entry.message : `${entry.message}: ${entry.error.message}`);
    }
  }
}

function parseLine(line: string): z.infer<typeof logLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    // Half a line: its process was killed while it wrote.
    return undefined;
  }
}
