import type { CompressorError } from '../../src/errors.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import type { FailureFate } from '../../src/messages/settle-batch.ts';
import type {
  DeferredTo,
  PackedArchive,
  PackedDeletions,
  PackingTelemetry,
  SkipReason,
} from '../../src/packing/telemetry.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';

/** Keeps the reports of the source service. */
export class RecordingPackingTelemetry implements PackingTelemetry {
  readonly archives: PackedArchive[] = [];
  readonly deletions: PackedDeletions[] = [];
  readonly skipped: [key: string, reason: SkipReason][] = [];
  readonly failures: [messageId: string, code: string][] = [];
  readonly fates: [code: string, fate: FailureFate][] = [];
  readonly leftBehind: [key: string, code: string][] = [];
  readonly inWork: [key: string, seconds: number][] = [];
  readonly deferred: [objects: number, ageSeconds: number, to: DeferredTo][] = [];
  /** Ages of messages that return to the queue, in seconds. */
  readonly returned: number[] = [];
  readonly lostStatistics: CompressorError[] = [];
  readonly queueFailures: CompressorError[] = [];

  archivePacked(archive: PackedArchive): void {
    this.archives.push(archive);
  }

  deletionsPacked(archive: PackedDeletions): void {
    this.deletions.push(archive);
  }

  objectSkipped({ key }: ObjectLocation, reason: SkipReason): void {
    this.skipped.push([key, reason]);
  }

  messageFailed({ messageId }: QueueMessage, error: CompressorError, fate: FailureFate): void {
    this.failures.push([messageId, error.code]);
    this.fates.push([error.code, fate]);
  }

  uploadLeftBehind({ key }: ObjectLocation, error: CompressorError): void {
    this.leftBehind.push([key, error.code]);
  }

  archiveInProgress({ key }: ObjectLocation, seconds: number): void {
    this.inWork.push([key, seconds]);
  }

  objectsDeferred(objects: number, ageSeconds: number, to: DeferredTo): void {
    this.deferred.push([objects, ageSeconds, to]);
  }

  messagesReturned(ageSeconds: number): void {
    this.returned.push(ageSeconds);
  }

  statisticsLost(error: CompressorError): void {
    this.lostStatistics.push(error);
  }

  queueFailed(error: CompressorError): void {
    this.queueFailures.push(error);
  }
}
