import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { replicationFailureEvent } from '../../../local-cloud/replication/failure-event.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import type { CompressorError } from '../../../src/errors.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import type { ReplicationFailure } from '../../../src/messages/parse-replication-failure.ts';
import { archiveKey, newAttempt } from '../../../src/packing/archive-key.ts';
import { keptRecordOf, resendsOf } from '../../../src/resend/archive-metadata.ts';
import { processResendBatch } from '../../../src/resend/process-batch.ts';
import { resendKeys } from '../../../src/resend/resend-keys.ts';
import type { ResendTelemetry } from '../../../src/resend/telemetry.ts';
import { ObjectNotFoundError, UnavailableStorageError } from '../../../src/storage/errors.ts';
import { MemoryMessageQueue } from '../../support/memory-message-queue.ts';
import { exampleRule } from '../../support/rules.ts';
import { VersionedBuckets } from '../../support/versioned-buckets.ts';

const ARCHIVE = { bucket: 'outbound', key: 'rule/a.tar.zst' };
const KEPT = { bucket: 'failed', key: 'failed/rule/a.tar.zst' };
const NOW = Date.parse('2026-11-23T16:00:00Z');
const HOUR = 3_600_000;

/** A resend service over buckets in memory, an hour after whatever failed. */
function service(rules: readonly ReplicationRule[] = []) {
  const store = new VersionedBuckets();
  const queue = new MemoryMessageQueue();
  const told: string[] = [];
  const errors: CompressorError[] = [];
  const telemetry: ResendTelemetry = {
    archiveResent: ({ key, destination }: ReplicationFailure, attempt) =>
      told.push(`resent ${key} ${destination} ${attempt}`),
    archiveGivenUp: ({ destination, reason }, kept) => told.push(`given up ${kept.key} ${destination} ${reason}`),
    archiveGone: ({ key }) => told.push(`gone ${key}`),
    failedVersionDeleted: ({ versionId }) => told.push(`deleted ${versionId}`),
    failureSkipped: (_, reason) => told.push(reason),
    messageFailed: (_, error) => errors.push(error),
    queueFailed: (error) => errors.push(error),
  };
  let remaining = 900_000;
  const process = async (...messages: QueueMessage[]) => {
    const response = await processResendBatch(messages, () => remaining, {
      store,
      queue,
      telemetry,
      outboundBucket: 'outbound',
      failedBucket: 'failed',
      keysOf: (failure) => resendKeys(failure, rules, (region) => `inbound-${region}`),
      limits: { maxResends: 3, firstDelaySeconds: 300 },
      maxReceives: 5,
      now: () => NOW,
      random: () => 0,
    });
    return response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return {
    ...{ store, queue, told, errors, process },
    endRun: () => {
      remaining = 0;
    },
  };
}

interface FailureChange {
  readonly destination?: string;
  readonly time?: number;
  readonly bucket?: string;
  readonly key?: string;
  readonly receiveCount?: number;
}

function failed(versionId: string, change: FailureChange = {}): QueueMessage {
  const {
    destination = 'inbound-a',
    time = NOW - HOUR,
    bucket = 'outbound',
    key = ARCHIVE.key,
    receiveCount = 2,
  } = change;
  const event = replicationFailureEvent(
    { bucket, key, versionId, etag: 'e', size: 5 },
    { ruleId: 'r', destinationBucket: destination, hasMetrics: true },
    'DstBucketNotFound',
    { region: 'us-east-1', configurationId: 'c', time: new Date(time) },
  );
  const messageId = `m-${versionId}-${destination}`;
  return { messageId, receiptHandle: messageId, body: JSON.stringify(event), receiveCount };
}

describe('an archive that S3 could not replicate', () => {
  test('is put again at its key, with the same bytes, headers and metadata, and counted on itself', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { other: 'x' });
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)).toMatchObject({ body: 'bytes', metadata: { other: 'x', 's3xrc-resends': '1' } });
    expect(store.copies[0]?.headers).toEqual({ contentType: 'application/zstd' });
    expect(told).toEqual(['resent rule/a.tar.zst inbound-a 1']);
  });

  test('is put again although another attempt at the same events was archived later: that one has a key of its own', async () => {
    const { store, told, process } = service();
    const events = [{ bucket: 'b', key: 'k', etag: 'e', size: 1, eventTime: 0, sequencer: '01' }];
    const [whole, partial] = [archiveKey('rule', events, newAttempt()), archiveKey('rule', events, newAttempt())];
    const version = store.put({ ...ARCHIVE, key: whole }, 'a and b');
    store.put({ ...ARCHIVE, key: partial }, 'a alone');
    expect(await process(failed(version, { key: whole }))).toEqual([]);
    expect(told).toEqual([`resent ${whole} inbound-a 1`]);
    expect(store.look({ ...ARCHIVE, key: whole })).toMatchObject({ body: 'a and b' });
  });

  test('waits for its back-off by the visibility of its message', async () => {
    const { store, queue, process } = service();
    const message = failed(store.put(ARCHIVE, 'bytes'), { time: NOW - 60_000, receiveCount: 1 });
    expect(await process(message)).toEqual([message.messageId]);
    expect(queue.delays).toEqual([{ message, seconds: 240 }]);
    expect(store.copies).toEqual([]);
  });

  test('is put again without a wait on the last receive of its message', async () => {
    const { store, process } = service();
    expect(await process(failed(store.put(ARCHIVE, 'bytes'), { time: NOW, receiveCount: 5 }))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
  });

  test('is put again three times, then kept byte for byte with destination and reason', async () => {
    const { store, queue, told, errors, process } = service();
    let version = store.put(ARCHIVE, 'bytes', { other: 'x' });
    for (let failure = 1; failure <= 4; failure += 1) {
      expect(await process(failed(version))).toEqual([]);
      version = store.look(ARCHIVE)?.versionId ?? '';
    }
    expect(store.versions(ARCHIVE)).toBe(4);
    const kept = store.look(KEPT);
    expect(kept?.body).toBe('bytes');
    expect(kept?.metadata['other']).toBe('x');
    expect(keptRecordOf(kept?.metadata ?? {})).toEqual({
      versionId: version,
      failures: [{ destination: 'inbound-a', reason: 'DstBucketNotFound' }],
      keptAt: '2026-11-23T16:00:00.000Z',
    });
    expect(told.at(-1)).toBe('given up failed/rule/a.tar.zst inbound-a DstBucketNotFound');
    expect([queue.letters, errors]).toEqual([[], []]);
  });

  test('is put again once when the event comes twice, or is about two destinations', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    const messages = [failed(version), failed(version, { destination: 'inbound-b' }), failed(version)];
    expect(await process(...messages)).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
    expect(told).toEqual(['resent rule/a.tar.zst inbound-a 1', 'superseded', 'superseded']);
  });

  test('is kept once, with every destination that it missed', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    await process(failed(version), failed(version, { destination: 'inbound-b' }), failed(version));
    const { failures } = keptRecordOf(store.look(KEPT)?.metadata ?? {}) ?? {};
    expect(failures?.map(({ destination }) => destination)).toEqual(['inbound-a', 'inbound-b']);
    expect(told.at(-1)).toBe('kept-before');
    expect(store.versions(KEPT)).toBe(2);
  });

  test('is kept with both destinations that two runs note at the same time', async () => {
    const { store, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    const copy = store.copy.bind(store);
    store.copy = async (request) => {
      store.copy = copy;
      expect(await process(failed(version, { destination: 'inbound-b' }))).toEqual([]);
      return copy(request);
    };
    expect(await process(failed(version))).toHaveLength(1);
    expect(await process(failed(version))).toEqual([]);
    const { failures } = keptRecordOf(store.look(KEPT)?.metadata ?? {}) ?? {};
    expect(failures?.map(({ destination }) => destination)).toEqual(['inbound-b', 'inbound-a']);
  });

  test.each([
    ['the answer of its copy is lost', true],
    ['the process ends after its copy', false],
  ])('raises the alarm though %s', async (_, isLost) => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    const copy = store.copy.bind(store);
    store.copy = async (request) => {
      await copy(request);
      if (!isLost) expect(told).toEqual(['given up failed/rule/a.tar.zst inbound-a DstBucketNotFound']);
      throw new UnavailableStorageError('no answer');
    };
    expect(await process(failed(version))).toHaveLength(1);
    store.copy = copy;
    expect(await process(failed(version, { receiveCount: 3 }))).toEqual([]);

    expect(told).toEqual(['given up failed/rule/a.tar.zst inbound-a DstBucketNotFound', 'kept-before']);
    expect(store.versions(KEPT)).toBe(1);
  });

  test('replaces what was kept of an earlier version of it', async () => {
    const { store, process } = service();
    store.put(KEPT, 'old', { 's3xrc-kept-version': 'v0', 's3xrc-failures': 'inbound-a=x', 's3xrc-kept-at': 'then' });
    const version = store.put(ARCHIVE, 'new', { 's3xrc-resends': '3' });
    await process(failed(version));
    expect(store.look(KEPT)?.body).toBe('new');
    expect(keptRecordOf(store.look(KEPT)?.metadata ?? {})?.versionId).toBe(version);
  });

  test('is left alone when a later version is under way', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'old');
    store.put(ARCHIVE, 'new');
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)?.body).toBe('new');
    expect(told).toEqual(['superseded']);
  });

  test('is found and put again after it has expired', async () => {
    const { store, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.expire(ARCHIVE);
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)?.body).toBe('bytes');
    expect(resendsOf(store.look(ARCHIVE)?.metadata ?? {})).toBe(1);
  });

  test('is acknowledged and told of when it is gone, before or while it is copied', async () => {
    const { store, queue, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.copyFailures.push(new ObjectNotFoundError('gone in between'));
    expect(await process(failed(version))).toEqual([]);
    store.erase(ARCHIVE);
    expect(await process(failed(version))).toEqual([]);
    expect(told).toEqual(['gone rule/a.tar.zst', 'gone rule/a.tar.zst']);
    expect(queue.letters).toEqual([]);
  });
});

describe('a version whose replication has failed', () => {
  /** An archive that failed and was resent; the message about it waits for its successor. */
  async function resent() {
    const made = service();
    const first = made.store.put(ARCHIVE, 'bytes');
    made.store.setStatus(ARCHIVE, first, 'FAILED');
    expect(await made.process(failed(first))).toEqual([`m-${first}-inbound-a`]);
    expect(made.queue.delays.at(-1)?.seconds).toBe(900);
    const second = made.store.look(ARCHIVE)?.versionId ?? '';
    return { ...made, first, second };
  }

  test('is deleted when its successor has arrived, and not before', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'PENDING');
    expect(await process(failed(first))).toHaveLength(1);
    expect(store.versions(ARCHIVE)).toBe(2);
    store.setStatus(ARCHIVE, second, 'COMPLETED');
    expect(await process(failed(first))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(1);
    expect(store.look(ARCHIVE)?.versionId).toBe(second);
    expect(told.at(-1)).toBe(`deleted ${first}`);
  });

  test('stays while its successor fails, until that one is kept', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'FAILED');
    expect(await process(failed(first))).toHaveLength(1);
    store.put(KEPT, 'bytes', { 's3xrc-kept-version': second, 's3xrc-failures': 'a=b', 's3xrc-kept-at': 'now' });
    expect(await process(failed(first))).toEqual([]);
    expect(told.at(-1)).toBe(`deleted ${first}`);
  });

  test('is left to the lifecycle rules when the message about it may not wait any longer', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'PENDING');
    expect(await process(failed(first, { receiveCount: 5 }))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
    expect(told.at(-1)).toBe('superseded');
  });

  test('that is deleted already does not fail the message about another destination of it', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'COMPLETED');
    await process(failed(first));
    expect(await process(failed(first, { destination: 'inbound-b' }))).toEqual([]);
    expect(told.at(-1)).toBe('superseded');
  });

  test('is deleted after it was kept, once its other destinations are noted, and does not fail them', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    store.setStatus(ARCHIVE, version, 'FAILED');
    const messages = [failed(version), failed(version, { destination: 'inbound-b' })];
    expect(await process(...messages)).toHaveLength(2);
    expect(store.versions(ARCHIVE)).toBe(1);
    expect(await process(...messages)).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(0);
    expect(store.look(KEPT)?.body).toBe('bytes');
    expect(told.slice(-2)).toEqual([`deleted ${version}`, 'kept-before']);
  });

  test('that is at the key again, since a later one was kept and deleted, is not put again', async () => {
    const { store, told, process, first, second } = await resent();
    const keptAt = new Date(NOW).toISOString();
    store.put(KEPT, 'bytes', { 's3xrc-kept-version': second, 's3xrc-failures': 'a=b', 's3xrc-kept-at': keptAt });
    await store.removeVersion({ ...ARCHIVE, versionId: second });
    expect(await process(failed(first))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(0);
    expect(told.at(-1)).toBe(`deleted ${first}`);
  });
});

describe('the message of a failed replication', () => {
  test('comes back when S3 is unavailable, and stops no other', async () => {
    const { store, errors, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.copyFailures.push(new UnavailableStorageError('not now'));
    const [first, second] = [failed(version), failed(version, { destination: 'inbound-b' })];
    expect(await process(first, second)).toEqual([first.messageId]);
    expect(errors.map(({ code }) => code)).toEqual(['STORAGE_UNAVAILABLE']);
    expect(store.versions(ARCHIVE)).toBe(2);
  });

  test('comes back when another run has put the archive again in between', async () => {
    const { store, told, process } = service();
    const message = failed(store.put(ARCHIVE, 'bytes'));
    const head = store.head.bind(store);
    store.head = async (location) => {
      const seen = await head(location);
      store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '1' });
      store.head = head;
      return seen;
    };
    expect(await process(message)).toEqual([message.messageId]);
    expect(store.copies).toEqual([]);
    expect(await process(message)).toEqual([]);
    expect(told.at(-1)).toBe('superseded');
  });

  test('comes back when the run ends before S3 has copied', async () => {
    const { store, errors, endRun, process } = service();
    const message = failed(store.put(ARCHIVE, 'bytes'));
    endRun();
    store.describeVersion = async (_, signal = AbortSignal.abort()) => {
      await once(signal, 'abort');
      signal.throwIfAborted();
      return undefined;
    };
    expect(await process(message)).toEqual([message.messageId]);
    expect(errors.map(({ code }) => code)).toEqual(['RESEND_INTERRUPTED']);
    expect(store.versions(ARCHIVE)).toBe(1);
  });

  test('is dead-lettered with its reason when it is of another bucket or cannot be read', async () => {
    const { store, queue, process } = service();
    const foreign = failed(store.put(ARCHIVE, 'bytes'), { bucket: 'someone-elses' });
    const nonsense = { ...foreign, messageId: 'n', body: 'nonsense' };
    expect(await process(foreign, nonsense)).toEqual([]);
    expect(queue.letters.map(({ reason }) => reason.code)).toEqual(['REPLICATION_FAILURE_FOREIGN', 'MESSAGE_INVALID']);
  });
});

describe('an archive of a rule with several regions', () => {
  const destinations = ['a', 'b', 'c'].map((region) => ({
    region,
    bucket: 'target',
    onConflict: 'overwrite' as const,
  }));
  const rules = [{ ...exampleRule(), id: 'rule', destinations }];
  const TO_A = { bucket: 'outbound', key: '_resend-a/rule/a.tar.zst' };
  const TO_B = { bucket: 'outbound', key: '_resend-b/rule/a.tar.zst' };
  const KEPT_FOR_A = { bucket: 'failed', key: 'failed/_resend-a/rule/a.tar.zst' };

  function failedArchive() {
    const opened = service(rules);
    const version = opened.store.put(ARCHIVE, 'bytes', { other: 'x' });
    opened.store.setStatus(ARCHIVE, version, 'FAILED');
    return { ...opened, version };
  }

  test('is resent where it failed and nowhere else, once for each region, however often S3 tells', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version), failed(version, { destination: 'inbound-b' }));
    for (const place of [TO_A, TO_B]) store.setStatus(place, store.look(place)?.versionId ?? '', 'PENDING');
    await process(failed(version), failed(version, { destination: 'inbound-b' }));

    expect(store.versions(ARCHIVE)).toBe(1);
    for (const place of [TO_A, TO_B]) {
      expect(store.look(place)).toMatchObject({ body: 'bytes', metadata: { other: 'x', 's3xrc-resends': '1' } });
      expect(store.versions(place)).toBe(1);
    }
    expect(store.look({ bucket: 'outbound', key: '_resend-c/rule/a.tar.zst' })).toBeUndefined();
  });

  test('fails again under the key of its region, and is kept for that region alone', async () => {
    const { store, told, process, version } = failedArchive();
    await process(failed(version));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const again = store.look(TO_A)?.versionId ?? '';
      expect(await process(failed(again, { key: TO_A.key }))).toEqual([]);
    }
    expect(told.at(-1)).toBe(`given up ${KEPT_FOR_A.key} inbound-a DstBucketNotFound`);
    expect(store.look(KEPT_FOR_A)?.body).toBe('bytes');
    expect(store.versions(ARCHIVE)).toBe(1);
  });

  test.each([
    ['COMPLETED', 'FAILED', true],
    ['COMPLETED', 'PENDING', false],
    ['PENDING', 'FAILED', false],
  ])('whose copy is %s is deleted when S3 is done with its other regions, too: %s', async (copy, whole, isDeleted) => {
    const { store, told, process, version } = failedArchive();
    await process(failed(version));
    store.setStatus(TO_A, store.look(TO_A)?.versionId ?? '', copy);
    store.setStatus(ARCHIVE, version, whole);

    expect(await process(failed(version, { receiveCount: 3 }))).toHaveLength(isDeleted ? 0 : 1);
    expect(store.versions(ARCHIVE)).toBe(isDeleted ? 0 : 1);
    expect(told.includes(`deleted ${version}`)).toBe(isDeleted);
  });

  test('that was deleted meanwhile reaches a region whose failure is told of late, from the copy for another region', async () => {
    const { store, told, process, version } = failedArchive();
    await process(failed(version));
    store.setStatus(TO_A, store.look(TO_A)?.versionId ?? '', 'COMPLETED');
    await process(failed(version, { receiveCount: 3 }));
    expect(store.versions(ARCHIVE)).toBe(0);

    expect(await process(failed(version, { destination: 'inbound-b' }))).toEqual([]);

    expect(store.look(TO_B)).toMatchObject({ body: 'bytes', metadata: { 's3xrc-resends': '1' } });
    expect(told.some((line) => line.startsWith('gone'))).toBe(false);
  });

  test('is put again until a replication rule covers the key of its region, at last for all regions', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version));
    expect(await process(failed(version, { receiveCount: 3 }))).toHaveLength(1);
    expect(store.versions(TO_A)).toBe(2);

    expect(await process(failed(version, { receiveCount: 5 }))).toEqual([]);

    expect(store.versions(ARCHIVE)).toBe(2);
    expect(store.look(ARCHIVE)).toMatchObject({ body: 'bytes', metadata: { 's3xrc-resends': '1' } });
  });

  test('leaves no copy that no replication rule covers once it was put again for all regions, whoever put it', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version));
    await process(failed(version, { receiveCount: 3 }));
    await process(failed(version, { receiveCount: 5 }));
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 2]);

    await process(failed(version));
    await process(failed(version, { receiveCount: 5 }));
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 2]);
  });

  test('keeps the copy for its region that a replication rule covers by now', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version));
    const copy = store.copy.bind(store);
    store.copy = async (request) => {
      const written = await copy(request);
      store.setStatus(TO_A, store.put(TO_A, 'bytes'), 'PENDING');
      return written;
    };
    await process(failed(version, { receiveCount: 5 }));
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([2, 2]);
  });

  test('is acknowledged as put again though its uncovered copy cannot be removed', async () => {
    const { store, errors, process, version } = failedArchive();
    await process(failed(version));
    store.removeVersion = () => Promise.reject(new UnavailableStorageError('not now'));
    expect(await process(failed(version, { receiveCount: 5 }))).toEqual([]);
    expect([store.versions(ARCHIVE), errors.length]).toEqual([2, 0]);
  });

  test('that was kept for its region is not put again when S3 tells of it once more', async () => {
    const { store, told, process, version } = failedArchive();
    const keptAt = new Date(NOW).toISOString();
    store.put(KEPT_FOR_A, 'bytes', { 's3xrc-kept-version': 'v9', 's3xrc-failures': 'a=b', 's3xrc-kept-at': keptAt });
    expect(await process(failed(version, { receiveCount: 3 }))).toEqual([]);
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 0]);

    await process(failed(version, { receiveCount: 3 }));
    expect(told.at(-1)).toBe('kept-before');
  });
});
