import * as z from 'zod';

/** The field `frames` of the log line of an archive. */
export const loggedFrames = z.array(
  z.object({
    content: z.string(),
    level: z.string(),
    reason: z.string(),
    frames: z.number(),
    bytes: z.number(),
    compressed_bytes: z.number(),
  }),
);

/** How much content of one kind was given a level, and why. */
export interface LevelUse {
  readonly content: string;
  /** As text: `store` or a number. */
  readonly level: string;
  readonly reason: string;
  readonly archives: number;
  readonly frames: number;
  /** Tar bytes before compression, and bytes after it. */
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Sums over archives. */
export class LevelUses {
  readonly #uses = new Map<string, LevelUse>();

  add(logged: z.infer<typeof loggedFrames>): void {
    for (const { content, level, reason, frames, bytes, compressed_bytes: compressedBytes } of logged) {
      const key = `${content} ${level} ${reason}`;
      const sum = this.#uses.get(key);
      this.#uses.set(key, {
        content,
        level,
        reason,
        archives: (sum?.archives ?? 0) + 1,
        frames: (sum?.frames ?? 0) + frames,
        bytes: (sum?.bytes ?? 0) + bytes,
        compressedBytes: (sum?.compressedBytes ?? 0) + compressedBytes,
      });
    }
  }

  /** Sorted by bytes, largest first. */
  list(): LevelUse[] {
    return [...this.#uses.values()].toSorted((left, right) => right.bytes - left.bytes);
  }
}
