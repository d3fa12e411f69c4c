import type { DeletionMemory, SourceDeletion } from '../../src/restoring/deletions/deletion-memory.ts';
import { DeletionPicker, encodeDeletions } from '../../src/restoring/deletions/deletion-record.ts';
import { DeletionMemoryError } from '../../src/restoring/errors.ts';

/** A deletion memory without DynamoDB, with the table's record format. */
export class MemoryDeletions implements DeletionMemory {
  readonly #kept: { readonly rule: string; readonly at: number; readonly bytes: Buffer }[] = [];
  /** Calls so far, for tests. */
  readonly calls = { record: 0, recall: 0 };
  /** Future calls that fail, by their number from now on. */
  failing: readonly number[] = [];

  async record(rule: string, deletions: readonly SourceDeletion[], at: number): Promise<void> {
    this.calls.record += 1;
    await this.#turn();
    this.#kept.push({ rule, at, bytes: encodeDeletions(deletions) });
  }

  async recall(
    rule: string,
    since: number,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, readonly SourceDeletion[]>> {
    this.calls.recall += 1;
    await this.#turn();
    const picker = new DeletionPicker(keys);
    for (const { bytes, ...kept } of this.#kept) if (kept.rule === rule && kept.at >= since) picker.pick(bytes);
    return picker.found;
  }

  async #turn(): Promise<void> {
    const fails = this.failing.includes(1);
    this.failing = this.failing.map((number) => number - 1).filter((number) => number > 0);
    await Promise.resolve();
    if (fails) throw new DeletionMemoryError(true, 'The deletion table does not answer, on purpose', {});
  }
}
