import { appendFile } from 'node:fs/promises';
import type { CommandContext } from '../command/cli-command.ts';
import { printableKey } from '../command/printable-key.ts';
import { withFilePath } from '../command/with-file-path.ts';

/** Max archived objects that are listed on the terminal. */
const NAMED_ARCHIVED = 20;

/** Objects that cannot be read are counted and listed: some on the terminal, all in a file if one was requested. */
export class ArchivedKeys {
  readonly #file: string | undefined;
  readonly #context: Pick<CommandContext, 'note'>;
  readonly classes: Record<string, number> = {};
  #named = 0;
  #lines: string[] = [];
  #writing = Promise.resolve();

  constructor(file: string | undefined, context: Pick<CommandContext, 'note'>) {
    this.#file = file;
    this.#context = context;
  }

  add(key: string, storageClass: string): void {
    this.classes[storageClass] = (this.classes[storageClass] ?? 0) + 1;
    if (this.#named < NAMED_ARCHIVED) this.#context.note(`not queued (${storageClass}): ${printableKey(key)}`);
    this.#named += 1;
    if (this.#file === undefined) return;
    this.#lines.push(`${JSON.stringify({ storageClass, key })}\n`);
    // A failure stays in the chain of writes, and is thrown by the last call.
    if (this.#lines.length >= 1000) void this.write().catch(() => undefined);
  }

  /** @throws errors of the file system */
  write(): Promise<void> {
    const file = this.#file;
    const lines = this.#lines.splice(0);
    if (file !== undefined && lines.length > 0) {
      this.#writing = this.#writing.then(() => withFilePath(file, appendFile(file, lines.join(''))));
    }
    return this.#writing;
  }
}
