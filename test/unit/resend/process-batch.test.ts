import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { replicationFailureEvent } from '../../../local-cloud/replication/failure-event.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import type { CompressorError } from '../../../src/errors.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import type { ReplicationFailure } from '../../../src/messages/parse-replication-failure.ts';
import { archiveKey, createAttemptId } from '../../../src/packing/archive-key.ts';
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

/** A resend service over buckets in memory, one hour after the failure. */
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
  test('is resent at its key with the same bytes, headers and metadata, which count the attempt', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { other: 'x' });
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)).toMatchObject({ body: 'bytes', metadata: { other: 'x', 's3xrc-resends': '1' } });
    expect(store.copies[0]?.headers).toEqual({ contentType: 'application/zstd' });
    expect(told).toEqual(['resent rule/a.tar.zst inbound-a 1']);
  });

  test('is resent even if another attempt at the same events was archived later under another key', async () => {
    const { store, told, process } = service();
    const events = [{ bucket: 'b', key: 'k', etag: 'e', size: 1, eventTime: 0, sequencer: '01' }];
    const [whole, partial] = [
      archiveKey('rule', events, createAttemptId()),
      archiveKey('rule', events, createAttemptId()),
    ];
    const version = store.put({ ...ARCHIVE, key: whole }, 'a and b');
    store.put({ ...ARCHIVE, key: partial }, 'a alone');
    expect(await process(failed(version, { key: whole }))).toEqual([]);
    expect(told).toEqual([`resent ${whole} inbound-a 1`]);
    expect(store.look({ ...ARCHIVE, key: whole })).toMatchObject({ body: 'a and b' });
  });

  test('waits for its back-off, during which its message is hidden', async () => {
    const { store, queue, process } = service();
    const message = failed(store.put(ARCHIVE, 'bytes'), { time: NOW - 60_000, receiveCount: 1 });
    expect(await process(message)).toEqual([message.messageId]);
    expect(queue.delays).toEqual([{ message, seconds: 240 }]);
    expect(store.copies).toEqual([]);
  });

  test('is resent without waiting on the last receive of its message', async () => {
    const { store, process } = service();
    expect(await process(failed(store.put(ARCHIVE, 'bytes'), { time: NOW, receiveCount: 5 }))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
  });

  test('is resent three times, then kept byte for byte with destination and reason', async () => {
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

  test('is resent once if the event arrives twice, or for two destinations', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    const messages = [failed(version), failed(version, { destination: 'inbound-b' }), failed(version)];
    expect(await process(...messages)).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
    expect(told).toEqual(['resent rule/a.tar.zst inbound-a 1', 'superseded', 'superseded']);
  });

  test('is kept once, with all destinations that it missed', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    await process(failed(version), failed(version, { destination: 'inbound-b' }), failed(version));
    const { failures } = keptRecordOf(store.look(KEPT)?.metadata ?? {}) ?? {};
    expect(failures?.map(({ destination }) => destination)).toEqual(['inbound-a', 'inbound-b']);
    expect(told.at(-1)).toBe('kept-before');
    expect(store.versions(KEPT)).toBe(2);
  });

  test('is kept with both destinations if two invocations record one each at the same time', async () => {
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
    ['the response to its copy is lost', true],
    ['the process ends after its copy', false],
  ])('raises the alarm once even if %s', async (_, isLost) => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes', { 's3xrc-resends': '3' });
    const copy = store.copy.bind(store);
    store.copy = async (request) => {
      await copy(request);
      if (!isLost) expect(told).toEqual(['given up failed/rule/a.tar.zst inbound-a DstBucketNotFound']);
      throw new UnavailableStorageError('no response');
    };
    expect(await process(failed(version))).toHaveLength(1);
    store.copy = copy;
    expect(await process(failed(version, { receiveCount: 3 }))).toEqual([]);

    expect(told).toEqual(['given up failed/rule/a.tar.zst inbound-a DstBucketNotFound', 'kept-before']);
    expect(store.versions(KEPT)).toBe(1);
  });

  test('replaces the copy that was kept of an earlier version', async () => {
    const { store, process } = service();
    store.put(KEPT, 'old', { 's3xrc-kept-version': 'v0', 's3xrc-failures': 'inbound-a=x', 's3xrc-kept-at': 'then' });
    const version = store.put(ARCHIVE, 'new', { 's3xrc-resends': '3' });
    await process(failed(version));
    expect(store.look(KEPT)?.body).toBe('new');
    expect(keptRecordOf(store.look(KEPT)?.metadata ?? {})?.versionId).toBe(version);
  });

  test('is not resent if a later version is under way', async () => {
    const { store, told, process } = service();
    const version = store.put(ARCHIVE, 'old');
    store.put(ARCHIVE, 'new');
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)?.body).toBe('new');
    expect(told).toEqual(['superseded']);
  });

  test('is found and resent after it has expired', async () => {
    const { store, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.expire(ARCHIVE);
    expect(await process(failed(version))).toEqual([]);
    expect(store.look(ARCHIVE)?.body).toBe('bytes');
    expect(resendsOf(store.look(ARCHIVE)?.metadata ?? {})).toBe(1);
  });

  test('is acknowledged and reported if it no longer exists, before or during the copy', async () => {
    const { store, queue, told, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.copyFailures.push(new ObjectNotFoundError('deleted meanwhile'));
    expect(await process(failed(version))).toEqual([]);
    store.erase(ARCHIVE);
    expect(await process(failed(version))).toEqual([]);
    expect(told).toEqual(['gone rule/a.tar.zst', 'gone rule/a.tar.zst']);
    expect(queue.letters).toEqual([]);
  });
});

describe('a version that failed to replicate and was resent', () => {
  /** An archive that failed and was resent; its message waits for the successor. */
  async function resent() {
    const made = service();
    const first = made.store.put(ARCHIVE, 'bytes');
    made.store.setStatus(ARCHIVE, first, 'FAILED');
    expect(await made.process(failed(first))).toEqual([`m-${first}-inbound-a`]);
    expect(made.queue.delays.at(-1)?.seconds).toBe(900);
    const second = made.store.look(ARCHIVE)?.versionId ?? '';
    return { ...made, first, second };
  }

  test('is deleted once its successor has been replicated', async () => {
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

  test('is deleted only once its successor is kept, if that one fails too', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'FAILED');
    expect(await process(failed(first))).toHaveLength(1);
    store.put(KEPT, 'bytes', { 's3xrc-kept-version': second, 's3xrc-failures': 'a=b', 's3xrc-kept-at': 'now' });
    expect(await process(failed(first))).toEqual([]);
    expect(told.at(-1)).toBe(`deleted ${first}`);
  });

  test('is left to the lifecycle rules after the last receive of its message', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'PENDING');
    expect(await process(failed(first, { receiveCount: 5 }))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(2);
    expect(told.at(-1)).toBe('superseded');
  });

  test('does not fail the message about another destination if it is already deleted', async () => {
    const { store, told, process, first, second } = await resent();
    store.setStatus(ARCHIVE, second, 'COMPLETED');
    await process(failed(first));
    expect(await process(failed(first, { destination: 'inbound-b' }))).toEqual([]);
    expect(told.at(-1)).toBe('superseded');
  });

  test('is deleted after it is kept and its other destinations are recorded', async () => {
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

  test('is not resent if it is current again because its successor was kept and deleted', async () => {
    const { store, told, process, first, second } = await resent();
    const keptAt = new Date(NOW).toISOString();
    store.put(KEPT, 'bytes', { 's3xrc-kept-version': second, 's3xrc-failures': 'a=b', 's3xrc-kept-at': keptAt });
    await store.removeVersion({ ...ARCHIVE, versionId: second });
    expect(await process(failed(first))).toEqual([]);
    expect(store.versions(ARCHIVE)).toBe(0);
    expect(told.at(-1)).toBe(`deleted ${first}`);
  });
});

describe('the message about a failed replication', () => {
  test('is retried if S3 is unavailable, and does not stop the others', async () => {
    const { store, errors, process } = service();
    const version = store.put(ARCHIVE, 'bytes');
    store.copyFailures.push(new UnavailableStorageError('unavailable'));
    const [first, second] = [failed(version), failed(version, { destination: 'inbound-b' })];
    expect(await process(first, second)).toEqual([first.messageId]);
    expect(errors.map(({ code }) => code)).toEqual(['STORAGE_UNAVAILABLE']);
    expect(store.versions(ARCHIVE)).toBe(2);
  });

  test('is retried if another invocation has resent the archive meanwhile', async () => {
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

  test('is retried if the invocation ends before S3 has copied the archive', async () => {
    const { store, errors, endRun, process } = service();
    const message = failed(store.put(ARCHIVE, 'bytes'));
    endRun();
    store.describeVersion = async (_, signal = AbortSignal.abort()) => {
      if (!signal.aborted) await once(signal, 'abort');
      signal.throwIfAborted();
      return undefined;
    };
    expect(await process(message)).toEqual([message.messageId]);
    expect(errors.map(({ code }) => code)).toEqual(['RESEND_INTERRUPTED']);
    expect(store.versions(ARCHIVE)).toBe(1);
  });

  test('is dead-lettered with the reason if it is about another bucket or cannot be parsed', async () => {
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

  test('is resent only to the regions where it failed, once each, however often S3 reports it', async () => {
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

  test('is kept only for one region if it fails again under the key of that region', async () => {
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
  ])(
    'with a copy that is %s is deleted only once S3 is done with the other regions: %s',
    async (copy, whole, isDeleted) => {
      const { store, told, process, version } = failedArchive();
      await process(failed(version));
      store.setStatus(TO_A, store.look(TO_A)?.versionId ?? '', copy);
      store.setStatus(ARCHIVE, version, whole);

      expect(await process(failed(version, { receiveCount: 3 }))).toHaveLength(isDeleted ? 0 : 1);
      expect(store.versions(ARCHIVE)).toBe(isDeleted ? 0 : 1);
      expect(told.includes(`deleted ${version}`)).toBe(isDeleted);
    },
  );

  test('is resent from the copy for another region if it was deleted before a late failure report', async () => {
    const { store, told, process, version } = failedArchive();
    await process(failed(version));
    store.setStatus(TO_A, store.look(TO_A)?.versionId ?? '', 'COMPLETED');
    await process(failed(version, { receiveCount: 3 }));
    expect(store.versions(ARCHIVE)).toBe(0);

    expect(await process(failed(version, { destination: 'inbound-b' }))).toEqual([]);

    expect(store.look(TO_B)).toMatchObject({ body: 'bytes', metadata: { 's3xrc-resends': '1' } });
    expect(told.some((line) => line.startsWith('gone'))).toBe(false);
  });

  test('is resent to one region while no replication rule covers that key, and in the end to all regions', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version));
    expect(await process(failed(version, { receiveCount: 3 }))).toHaveLength(1);
    expect(store.versions(TO_A)).toBe(2);

    expect(await process(failed(version, { receiveCount: 5 }))).toEqual([]);

    expect(store.versions(ARCHIVE)).toBe(2);
    expect(store.look(ARCHIVE)).toMatchObject({ body: 'bytes', metadata: { 's3xrc-resends': '1' } });
  });

  test('leaves no uncovered copy behind once it has been resent to all regions', async () => {
    const { store, process, version } = failedArchive();
    await process(failed(version));
    await process(failed(version, { receiveCount: 3 }));
    await process(failed(version, { receiveCount: 5 }));
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 2]);

    await process(failed(version));
    await process(failed(version, { receiveCount: 5 }));
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 2]);
  });

  test('keeps the copy for one region if a replication rule covers it now', async () => {
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

  test('is acknowledged as resent even if its uncovered copy cannot be removed', async () => {
    const { store, errors, process, version } = failedArchive();
    await process(failed(version));
    store.removeVersion = () => Promise.reject(new UnavailableStorageError('unavailable'));
    expect(await process(failed(version, { receiveCount: 5 }))).toEqual([]);
    expect([store.versions(ARCHIVE), errors.length]).toEqual([2, 0]);
  });

  test('is not resent if it was kept for the region that S3 reports again', async () => {
    const { store, told, process, version } = failedArchive();
    const keptAt = new Date(NOW).toISOString();
    store.put(KEPT_FOR_A, 'bytes', { 's3xrc-kept-version': 'v9', 's3xrc-failures': 'a=b', 's3xrc-kept-at': keptAt });
    expect(await process(failed(version, { receiveCount: 3 }))).toEqual([]);
    expect([store.versions(TO_A), store.versions(ARCHIVE)]).toEqual([0, 0]);

    await process(failed(version, { receiveCount: 3 }));
    expect(told.at(-1)).toBe('kept-before');
  });
});
