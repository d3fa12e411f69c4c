import type { S3Client } from '@aws-sdk/client-s3';
import { AccessDeniedError } from '../../storage/errors.ts';
import { RequestSigner, type SigningCredentials, type UnsignedRequest } from './sign-request.ts';

type Credentials = SigningCredentials & { readonly expiration?: Date };

/** Credentials are refreshed this long before they expire, in milliseconds. */
const MARGIN = 60_000;

/** Signs with the credentials and the region that the SDK's client would use, and caches both. */
export class Authenticator {
  readonly #client: S3Client;
  readonly #now: () => number;
  #signer: RequestSigner | undefined;
  #credentials: Credentials | undefined;
  #pending: Promise<void> | undefined;
  /** The server's clock minus ours, in milliseconds. */
  #skew = 0;

  constructor(client: S3Client, now: () => number = Date.now) {
    this.#client = client;
    this.#now = now;
  }

  /** Must be awaited before `sign` when `isReady` is false. */
  get isReady(): boolean {
    const expiration = this.#credentials?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    return this.#signer !== undefined && this.#credentials !== undefined && this.#now() < expiration - MARGIN;
  }

  /**
   * Fetches credentials, once for all callers that ask meanwhile. `force` when S3 refused the current ones.
   *
   * @throws AccessDeniedError when no provider of the SDK's chain has any
   */
  refresh(force: boolean): Promise<void> {
    this.#pending ??= this.#load(force).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  sign(request: UnsignedRequest): string[] {
    if (!this.#signer || !this.#credentials) throw new TypeError('sign was called before refresh');
    return this.#signer.sign(request, this.#credentials, this.#now() + this.#skew);
  }

  /**
   * Called after S3 refused a signature: fetches other credentials, or from now on follows the server's clock (its
   * `Date` header).
   */
  async repair(remedy: 'new-credentials' | 'server-clock', date: string | undefined): Promise<void> {
    if (remedy === 'new-credentials') await this.refresh(true);
    else if (date !== undefined) this.#skew = Date.parse(date) - this.#now();
  }

  async #load(force: boolean): Promise<void> {
    this.#signer ??= new RequestSigner(await this.#client.config.region());
    try {
      this.#credentials = await this.#client.config.credentials({ forceRefresh: force });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AccessDeniedError(`No AWS credentials could be loaded: ${reason}`, { cause });
    }
  }
}
