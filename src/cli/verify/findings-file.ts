import { type FileHandle, open } from 'node:fs/promises';
import type { CopyFinding } from '../../verifying/dependencies.ts';
import { nameFile } from '../command/name-file.ts';

const HEADER = 'class,region,bucket,key,source_bytes,destination_bytes,reason\n';
const LINES_IN_MEMORY = 1000;

/** All findings as CSV (RFC 4180), written as they come. */
export class FindingsFile implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  #lines: string[] = [];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, header: boolean) {
    this.#path = path;
    this.#file = file;
    if (header) this.#lines.push(HEADER);
  }

  /** @param resumed appends to the findings of an earlier run @throws errors of the file system */
  static async open(path: string, resumed: boolean): Promise<FindingsFile> {
    const file = await open(path, resumed ? 'a' : 'w');
    return new FindingsFile(path, file, (await file.stat()).size === 0);
  }

  add(finding: CopyFinding): void {
    this.#lines.push(csvLine(finding));
    // Errors are thrown when the file is flushed.
    if (this.#lines.length >= LINES_IN_MEMORY) this.flush().catch(() => undefined);
  }

  /** Resolves when everything is in the file. @throws errors of the file system */
  async flush(): Promise<void> {
    const text = this.#lines.splice(0).join('');
    if (text !== '') this.#writing = this.#writing.then(() => nameFile(this.#path, this.#file.writeFile(text)));
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }
}

/** One line, with its end. */
export function csvLine({ kind, destination, key, sourceSize, copySize, reason }: CopyFinding): string {
  const fields = [kind, destination.region, destination.bucket, key, sourceSize ?? '', copySize ?? '', reason];
  return `${fields.map((field) => quoteField(String(field))).join(',')}\n`;
}

function quoteField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
