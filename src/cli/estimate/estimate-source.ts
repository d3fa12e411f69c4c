import type { ObjectEntry } from '../../listing/dependencies.ts';
import type { SampleReader } from './measure-sample.ts';

/** The source of the objects for an estimate. */
export interface EstimateSource extends SampleReader, AsyncDisposable {
  readonly name: string;
  /** The bucket name for rules. */
  readonly bucket: string;
  /** Common prefix of all keys. */
  readonly prefix: string;
  readonly region: string;
  /** Milliseconds since 1970 at which the entries were listed. */
  readonly time: number;
  /** Whether reading costs requests. */
  readonly isRemote: boolean;
  entries(): AsyncIterable<readonly ObjectEntry[]>;
  /** Requests of the listing so far. */
  readonly listRequests: () => number;
  /** Entries that are not counted, such as symbolic links. */
  readonly skipped: () => readonly string[];
}

export interface SourceOptions {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly signal: AbortSignal;
}

/** For a folder, whose objects are in no region yet. */
export const DEFAULT_REGION = 'us-east-1';
