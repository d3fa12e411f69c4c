import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunFiles } from '../inventory/dependencies.ts';
import type { ObjectEntry } from '../listing/dependencies.ts';

type Page = readonly ObjectEntry[];

/** Sorted runs of inventories in a separate folder, about 150 bytes per key; one line of JSON per page. */
export class TemporaryRuns implements RunFiles, AsyncDisposable {
  readonly #folder: Promise<string>;
  #count = 0;

  /** @param parent absent: the system's folder for temporary files */
  constructor(parent = tmpdir()) {
    this.#folder = mkdtemp(join(parent, 's3xrc-verify-'));
    this.#folder.catch(() => undefined);
  }

  async write(pages: AsyncIterable<Page>): Promise<AsyncIterable<Page>> {
    this.#count += 1;
    const path = join(await this.#folder, String(this.#count));
    const file = await open(path, 'wx');
    try {
      for await (const page of pages) await file.writeFile(`${JSON.stringify(page)}\n`);
    } finally {
      await file.close();
    }
    return readPages(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const folder = await this.#folder.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function* readPages(path: string): AsyncGenerator<Page, void> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Page;
  }
  // It was read to its end: a run that is merged into another one is deleted to free its space.
  await rm(path);
}
