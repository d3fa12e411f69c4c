import { describe, expect, it } from '@jest/globals';
import { MetricStore } from '../../../../local-cloud/metrics/metric-store.ts';
import { PowertoolsWorkerTelemetry } from '../../../../src/aws/telemetry/worker.ts';
import { captureLines } from '../../../support/captured-lines.ts';
import { queueMessage, s3Notification } from '../../../support/notifications.ts';
import { exampleRule } from '../../../support/rules.ts';

const lines = captureLines();
const rule = exampleRule();
const readMetrics = (): MetricStore => {
  const store = new MetricStore();
  for (const line of lines) store.read(JSON.stringify(line));
  return store;
};

describe('a fallback worker', () => {
  const event = s3Notification({ key: 'a', eventTime: '2026-11-23T10:00:00Z' });
  const minutesAfter = (minutes: number) => () => Date.parse('2026-11-23T10:00:00Z') + minutes * 60_000;

  it('reports the age of its work at once and with each heartbeat', () => {
    const packs = { namespace: 'stack', rule };
    const telemetry = new PowertoolsWorkerTelemetry({ role: 'source', packs, now: minutesAfter(200) });
    telemetry.workTaken(queueMessage(event, 4));
    telemetry.workHeld(queueMessage(event, 4));
    const held = readMetrics().statistics('FallbackAgeSeconds', ['SourceBucket', 'SourcePrefix']);
    expect([held.count, held.maximum]).toEqual([2, 12_000]);
  });

  it('reports how long the messages that it requeues untouched had waited', () => {
    const packs = { namespace: 'stack', rule };
    const telemetry = new PowertoolsWorkerTelemetry({ role: 'source', packs, now: minutesAfter(5) });
    telemetry.workRequeued(queueMessage(event));
    const store = readMetrics();
    expect(store.statistics('DeferredAgeSeconds', ['SourceBucket', 'SourcePrefix']).maximum).toBe(300);
    expect(store.statistics('ObjectsDeferred', ['SourceBucket', 'SourcePrefix']).sum).toBe(1);
  });

  it('has no metric for what it cannot read, and none at a target', () => {
    const packs = { namespace: 'stack', rule };
    for (const [options, body] of [
      [{ role: 'source', packs }, 'no JSON'],
      [{ role: 'target' }, event],
    ] as const) {
      const telemetry = new PowertoolsWorkerTelemetry({ ...options, now: minutesAfter(5) });
      telemetry.workTaken(queueMessage(body));
      telemetry.workHeld(queueMessage(body));
      telemetry.workRequeued(queueMessage(body));
    }
    expect(lines.filter((line) => '_aws' in line)).toEqual([]);
  });
});
