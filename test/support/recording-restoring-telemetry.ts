import type { CompressorError } from '../../src/errors.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { FailureFate } from '../../src/messages/settle-batch.ts';
import type {
  DeletionSkipReason,
  PartlyRestoredArchive,
  RestoredArchive,
  RestoreSkipReason,
  RestoringTelemetry,
} from '../../src/restoring/telemetry.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';

/** Keeps the reports of the target service. */
export class RecordingRestoringTelemetry implements RestoringTelemetry {
  readonly archives: RestoredArchive[] = [];
  readonly partly: PartlyRestoredArchive[] = [];
  readonly skipped: [key: string, reason: RestoreSkipReason][] = [];
  readonly skippedDeletions: [key: string, reason: DeletionSkipReason][] = [];
  readonly deletedConflicts: string[] = [];
  readonly conflicts: string[] = [];
  readonly replacedClasses: [key: string, storageClass: string][] = [];
  readonly gone: string[] = [];
  readonly failedObjects: [key: string, code: string][] = [];
  readonly failures: [messageId: string, code: string][] = [];
  readonly fates: [code: string, fate: FailureFate][] = [];
  readonly queueFailures: CompressorError[] = [];

  archiveRestored(archive: RestoredArchive): void {
    this.archives.push(archive);
  }

  archivePartlyRestored(archive: PartlyRestoredArchive): void {
    this.partly.push(archive);
  }

  objectSkipped({ key }: ObjectLocation, reason: RestoreSkipReason): void {
    this.skipped.push([key, reason]);
  }

  deletionSkipped({ key }: ObjectLocation, reason: DeletionSkipReason): void {
    this.skippedDeletions.push([key, reason]);
  }

  conflictDeleted({ key }: ObjectLocation): void {
    this.deletedConflicts.push(key);
  }

  storageClassReplaced({ key }: ObjectLocation, storageClass: string): void {
    this.replacedClasses.push([key, storageClass]);
  }

  conflictOverwritten({ key }: ObjectLocation): void {
    this.conflicts.push(key);
  }

  archiveGone({ key }: ObjectLocation): void {
    this.gone.push(key);
  }

  objectFailed({ key }: ObjectLocation, error: CompressorError): void {
    this.failedObjects.push([key, error.code]);
  }

  messageFailed({ messageId }: QueueMessage, error: CompressorError, fate: FailureFate): void {
    this.failures.push([messageId, error.code]);
    this.fates.push([error.code, fate]);
  }

  queueFailed(error: CompressorError): void {
    this.queueFailures.push(error);
  }
}
