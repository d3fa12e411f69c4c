import { describe, expect, test } from '@jest/globals';
import { UnexpectedError } from '../../../src/errors.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { BatchLedger } from '../../../src/packing/batch-ledger.ts';
import { collectObjects } from '../../../src/packing/collect-objects.ts';
import { ItemSettlement } from '../../../src/packing/settle-item.ts';
import { type EventFacts, queueMessage, s3Notification, TEST_EVENT } from '../../support/notifications.ts';
import { RecordingPackingTelemetry } from '../../support/recording-packing-telemetry.ts';
import { exampleRule } from '../../support/rules.ts';

function collect(
  messages: QueueMessage[],
  options: { ownPrincipals?: string[]; chain?: boolean; prefix?: string } = {},
) {
  const telemetry = new RecordingPackingTelemetry();
  const ledger = new BatchLedger(messages);
  const rule = exampleRule({ prefix: options.prefix ?? '', chain: options.chain ?? false });
  const { items } = collectObjects(messages, ledger, { rule, telemetry, ownPrincipals: options.ownPrincipals ?? [] });
  const outcomes = () => ledger.settled().map(({ outcome }) => outcome.kind);
  return { items, ledger, settlement: new ItemSettlement(ledger), telemetry, outcomes };
}

const event = (...facts: EventFacts[]): QueueMessage => queueMessage(s3Notification(...facts));

describe('collectObjects', () => {
  test('packs a key once, with the highest sequencer, and settles earlier writes with it', () => {
    const messages = [
      event({ key: 'k', etag: 'v2', sequencer: '0002' }),
      event({ key: 'k', etag: 'v3', sequencer: '00020' }),
      event({ key: 'k', etag: 'v1', sequencer: '0001' }),
    ];
    const { items, settlement, outcomes } = collect([...messages, event({ key: 'k', etag: 'v4', sequencer: '00F' })]);
    expect(items.map(({ object }) => object.etag)).toEqual(['v4']);
    expect(items[0]?.superseded).toHaveLength(3);
    settlement.settle(items[0] as never, { kind: 'done' });
    expect(outcomes()).toEqual(['done', 'done', 'done', 'done']);
  });

  test('counts an event that arrives twice as one object', () => {
    const facts = { key: 'k', etag: 'v1', sequencer: '01' };
    const { items } = collect([event(facts), event(facts)]);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ superseded: [] });
    expect(items[0]?.messages).toHaveLength(2);
  });

  test('falls back to the event time if events have no sequencer', () => {
    const { items } = collect([
      event({ key: 'k', etag: 'new', eventTime: '2026-11-23T10:00:01.000Z' }),
      event({ key: 'k', etag: 'old', eventTime: '2026-11-23T10:00:00.000Z' }),
    ]);
    expect(items[0]?.object.etag).toBe('new');
  });

  test('acknowledges test events and removals', () => {
    const { items, outcomes } = collect([
      queueMessage(TEST_EVENT),
      event({ key: 'k', eventName: 'ObjectRemoved:Delete' }),
    ]);
    expect(items).toEqual([]);
    expect(outcomes()).toEqual(['done', 'done']);
  });

  test('refuses a body that cannot be parsed, and keeps the other messages', () => {
    const { items, settlement, outcomes } = collect([queueMessage('{'), event({ key: 'k' })]);
    settlement.settle(items[0] as never, { kind: 'done' });
    expect(outcomes()).toEqual(['refused', 'done']);
  });

  test('refuses events of a bucket that the rule does not watch', () => {
    const { ledger } = collect([event({ bucket: 'another-bucket', key: 'k' })]);
    expect(ledger.settled()[0]?.outcome).toMatchObject({ kind: 'refused', reason: { code: 'BUCKET_FOREIGN' } });
  });

  test('skips keys outside the prefix of the rule', () => {
    const { items, telemetry, outcomes } = collect([event({ key: 'other/k' })], { prefix: 'logs/' });
    expect(items).toEqual([]);
    expect(telemetry.skipped).toEqual([['other/k', 'not-in-rule']]);
    expect(outcomes()).toEqual(['done']);
  });

  test('does not pack writes by our own target role, unless the rule chains', () => {
    const message = event({ key: 'k', principalId: 'AWS:AROATARGET:target-function' });
    const { items, telemetry } = collect([message], { ownPrincipals: ['AROATARGET'] });
    expect(items).toEqual([]);
    expect(telemetry.skipped).toEqual([['k', 'own-write']]);
    expect(collect([message], { ownPrincipals: ['AROATARGET'], chain: true }).items).toHaveLength(1);
  });

  test('acknowledges a message of several objects only when all of them are done', () => {
    const { items, settlement, outcomes } = collect([event({ key: 'a' }, { key: 'b' })]);
    settlement.settle(items[0] as never, { kind: 'done' });
    expect(outcomes()).toEqual(['retry']);
    settlement.settle(items[1] as never, { kind: 'done' });
    expect(outcomes()).toEqual(['done']);
  });

  test('dead-letters only one of two messages with the same event', () => {
    const { items, settlement, outcomes } = collect([event({ key: 'k' }), event({ key: 'k' })]);
    settlement.settle(items[0] as never, { kind: 'refused', reason: new UnexpectedError('no') });
    expect(outcomes()).toEqual(['refused', 'done']);
  });
});
