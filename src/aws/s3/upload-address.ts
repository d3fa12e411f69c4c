import type { ObjectLocation } from '../../storage/stored-object.ts';

export interface UploadAddress extends ObjectLocation {
  readonly uploadId: string;
  readonly signal: AbortSignal | undefined;
}
