import { type FileHandle, open } from 'node:fs/promises';
import type { CopyFinding } from '../../verifying/dependencies.ts';
import { formatCount } from '../command/numbers.ts';
import { withFilePath } from '../command/with-file-path.ts';

const HEADER = 'class,region,bucket,key,source_bytes,destination_bytes,reason\n';
const LINES_IN_MEMORY = 1000;
/** What spreadsheets take for the start of a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

export interface FindingsFileOptions {
  /** Appends to the findings of an earlier run. */
  readonly isResumed: boolean;
  /** Only for people: texts that a spreadsheet would take for formulas get an apostrophe in front. */
  readonly isForSpreadsheet: boolean;
}

/** All findings as CSV (RFC 4180), written as they are found. */
export class FindingsFile implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #spreadsheet: boolean;
  #formulas = 0;
  #lines: string[] = [];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, hasHeader: boolean, isForSpreadsheet: boolean) {
    this.#path = path;
    this.#file = file;
    this.#spreadsheet = isForSpreadsheet;
    if (hasHeader) this.#lines.push(HEADER);
  }

  /** @throws errors of the file system */
  static async open(path: string, { isResumed, isForSpreadsheet }: FindingsFileOptions): Promise<FindingsFile> {
    const file = await open(path, isResumed ? 'a' : 'w');
    return new FindingsFile(path, file, (await file.stat()).size === 0, isForSpreadsheet);
  }

  /** A warning for people who open the file in a spreadsheet; undefined if there is nothing to warn about. */
  get caution(): string | undefined {
    if (this.#spreadsheet || this.#formulas === 0) return undefined;
    const keys = this.#formulas === 1 ? '1 key' : `${formatCount(this.#formulas)} keys`;
    return `${keys} in ${this.#path} would run as a formula in a spreadsheet: use --spreadsheet to open the file in one.`;
  }

  add(finding: CopyFinding): void {
    if (FORMULA.test(finding.key)) this.#formulas += 1;
    this.#lines.push(csvLine(finding, this.#spreadsheet));
    // Errors are thrown when the file is flushed.
    if (this.#lines.length >= LINES_IN_MEMORY) this.flush().catch(() => undefined);
  }

  /** Resolves when everything is in the file. @throws errors of the file system */
  async flush(): Promise<void> {
    const text = this.#lines.splice(0).join('');
    if (text !== '') this.#writing = this.#writing.then(() => withFilePath(this.#path, this.#file.writeFile(text)));
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

/**
 * One line, with its end.
 * @param isForSpreadsheet whether keys that begin like formulas get an apostrophe, and so become other keys
 */
export function csvLine(
  { kind, destination, key, sourceSize, copySize, reason }: CopyFinding,
  isForSpreadsheet: boolean,
): string {
  const fields = [kind, destination.region, destination.bucket, key, sourceSize ?? '', copySize ?? '', reason];
  return `${fields.map((field) => quoteField(String(field), isForSpreadsheet)).join(',')}\n`;
}

function quoteField(text: string, isForSpreadsheet: boolean): string {
  if (isForSpreadsheet && FORMULA.test(text)) return `"'${text.replaceAll('"', '""')}"`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
