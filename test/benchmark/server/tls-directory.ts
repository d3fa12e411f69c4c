import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../support/self-signed.ts';
import type { TlsFiles } from './start-server.ts';

/** Key and certificate of this run of the benchmark, as files, because Node reads trusted certificates from a file. */
export class TlsDirectory {
  #directory: string | undefined;

  async make(): Promise<TlsFiles> {
    this.#directory = await mkdtemp(join(tmpdir(), 'benchmark-tls-'));
    const files = { key: join(this.#directory, 'key.pem'), cert: join(this.#directory, 'cert.pem') };
    const certificate = await makeCertificate();
    await writeFile(files.key, certificate.key, { mode: 0o600 });
    await writeFile(files.cert, certificate.cert);
    return files;
  }

  async remove(): Promise<void> {
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true });
  }
}
