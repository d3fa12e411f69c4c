import { describe, expect, test } from '@jest/globals';
import { UnexpectedError } from '../../../src/errors.ts';
import type { MessageOutcome } from '../../../src/messages/outcome.ts';
import { BatchLedger } from '../../../src/packing/batch-ledger.ts';
import { collectObjects } from '../../../src/packing/collect-objects.ts';
import { ItemSettlement } from '../../../src/packing/settle-item.ts';
import { itemAt } from '../../support/archives.ts';
import { queueMessage, s3Notification } from '../../support/notifications.ts';
import { RecordingPackingTelemetry } from '../../support/recording-packing-telemetry.ts';
import { exampleRule } from '../../support/rules.ts';

const reason = new UnexpectedError('no');

/** Three writes to one key; the first is provably the oldest only if all have sequencers. */
function settle(sequencers: readonly [string, string, string] | undefined, outcome: MessageOutcome | 'changed') {
  const messages = [0, 1, 2].map((index) => {
    const sequencer = sequencers?.[index];
    const order = sequencer === undefined ? {} : { sequencer };
    return queueMessage(
      s3Notification({ key: 'k', etag: `v${index}`, eventTime: `2026-11-23T10:00:0${index}Z`, ...order }),
    );
  });
  const ledger = new BatchLedger(messages);
  const telemetry = new RecordingPackingTelemetry();
  const { items } = collectObjects(messages, ledger, { rule: exampleRule(), telemetry, ownPrincipals: [] });
  const settlement = new ItemSettlement(ledger);
  if (outcome === 'changed') settlement.settleChanged(itemAt(items, 0));
  else settlement.settle(itemAt(items, 0), outcome);
  const undecided = settlement.takeUndecided().map((writes) => writes.map(({ object }) => object.etag));
  expect(settlement.takeUndecided()).toEqual([]);
  for (const etag of undecided.flat()) {
    const message = messages[Number(etag[1])];
    if (message !== undefined) ledger.note(message, { kind: 'later', seconds: 0 });
  }
  return { undecided, outcomes: ledger.settled().map(({ outcome: { kind } }) => kind) };
}

const ORDERED = ['01', '02', '03'] as const;

describe('the earlier writes of a key', () => {
  test.each<[string, MessageOutcome | 'changed', string[], string[]]>([
    ['packed', { kind: 'done' }, ['done', 'done', 'done'], ['done', 'done', 'done']],
    ['retried', { kind: 'retry', reason }, ['retry', 'retry', 'retry'], ['retry', 'retry', 'retry']],
    ['requeued', { kind: 'again' }, ['again', 'again', 'again'], ['again', 'again', 'again']],
    ['overwritten', 'changed', ['done', 'done', 'done'], ['later', 'later', 'done']],
    ['refused', { kind: 'refused', reason }, ['done', 'done', 'refused'], ['later', 'later', 'refused']],
    [
      'over the limits',
      { kind: 'over-limits', reason },
      ['done', 'done', 'over-limits'],
      ['later', 'later', 'over-limits'],
    ],
  ])(
    'are settled when the last write is %s: stale if sequencers prove it, otherwise undecided',
    (_, outcome, bySequencer, byTime) => {
      expect(settle(ORDERED, outcome)).toEqual({ undecided: [], outcomes: bySequencer });
      const expected = byTime.includes('later') ? [['v1', 'v0']] : [];
      expect(settle(undefined, outcome)).toEqual({ undecided: expected, outcomes: byTime });
    },
  );

  test('are not considered stale without a sequencer if others have one', () => {
    const messages = [
      queueMessage(s3Notification({ key: 'k', etag: 'by-hand', eventTime: '2026-11-23T12:00:00Z' })),
      queueMessage(s3Notification({ key: 'k', etag: 'of-s3', eventTime: '2026-11-23T10:00:00Z', sequencer: '02' })),
      queueMessage(s3Notification({ key: 'k', etag: 'older', eventTime: '2026-11-23T11:00:00Z', sequencer: '01' })),
    ];
    const ledger = new BatchLedger(messages);
    const telemetry = new RecordingPackingTelemetry();
    const { items } = collectObjects(messages, ledger, { rule: exampleRule(), telemetry, ownPrincipals: [] });
    const settlement = new ItemSettlement(ledger);
    settlement.settleChanged(itemAt(items, 0));
    expect(settlement.takeUndecided().map((writes) => writes.map(({ object }) => object.etag))).toEqual([['by-hand']]);
  });
});
