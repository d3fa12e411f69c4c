import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { relateStamps, stampOf } from '../../../src/storage/provenance.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { archiveOf, INBOUND, RULE, TargetRegion, textObject } from '../../support/target-region.ts';

const VERSIONS = 5;

/** Versions of one key, oldest first, each in a separate archive with an object that only it has. */
const archives = Array.from({ length: VERSIONS }, (_, version) =>
  archiveOf([
    textObject('key', `version ${version}`, { sequencer: (0x10 + version).toString(16), modified: 1_700_000_000 }),
    textObject(`only/${version}`, `only ${version}`),
  ]),
);

const deliveries = fc.record({
  /** Which archives are delivered, in which order, some of them several times. */
  order: fc
    .tuple(
      fc.array(fc.nat(VERSIONS - 1), { maxLength: 6 }),
      fc.shuffledSubarray([...Array(VERSIONS).keys()], { minLength: VERSIONS }),
    )
    .map(([extra, all]) => [...extra, ...all]),
  /** How many messages an invocation receives. */
  batchSize: fc.integer({ min: 1, max: 4 }),
  failing: fc.record({
    put: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
    head: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
    read: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
    remove: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
  }),
  moment: fc.constantFrom('before' as const, 'after' as const),
});

describe('any order of repeated and concurrent deliveries, with failing calls', () => {
  test('ends with the newest version of every object, no archive left, and no dead letter', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ order, batchSize, failing, moment }) => {
        const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, failing, { moment }) });
        region.dependencies = { ...region.dependencies, maxReceives: 1000 };
        const messages = new Map<number, QueueMessage>();
        for (const version of new Set(order)) {
          const bytes = archives[version] ?? Buffer.alloc(0);
          messages.set(version, await region.arrive(bytes, `${RULE.id}/${version}.tar.zst`));
        }
        let waiting = order.flatMap((version, index) => {
          const message = messages.get(version);
          return message === undefined ? [] : [{ ...message, messageId: `${index}` }];
        });
        for (let round = 0; waiting.length > 0; round += 1) {
          expect(round).toBeLessThan(100);
          // Two concurrent invocations.
          const runs = [waiting.slice(0, batchSize), waiting.slice(batchSize, 2 * batchSize)];
          const responses = await Promise.all(runs.map((batch) => region.process(...batch)));
          const returned = new Set(
            responses.flatMap(({ batchItemFailures }) => batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
          );
          const again = runs.flat().filter(({ messageId }) => returned.has(messageId));
          waiting = [
            ...waiting.slice(2 * batchSize),
            ...again.map((message) => ({ ...message, receiveCount: message.receiveCount + 1 })),
          ];
        }
        expect(region.text('key')).toBe(`version ${VERSIONS - 1}`);
        for (let version = 0; version < VERSIONS; version += 1) {
          expect(region.text(`only/${version}`)).toBe(`only ${version}`);
        }
        expect(region.store.keys(INBOUND)).toEqual([]);
        expect(region.queue.letters).toEqual([]);
        expect(region.telemetry.conflicts).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('relateStamps', () => {
  const stamps = fc.record({
    origin: fc.constantFrom('00000001', '00000002'),
    eventTime: fc.nat(3),
    sequencer: fc.option(fc.constantFrom('1', '10', '11', '2'), { nil: undefined }),
    etag: fc.constantFrom('a', 'b'),
  });

  test('gives the opposite answer with its arguments swapped', () => {
    const opposite = { same: 'same', older: 'newer', newer: 'older' } as const;
    fc.assert(
      fc.property(stamps.map(stampOf), stamps.map(stampOf), (left, right) => {
        expect(relateStamps(left, right)).toBe(opposite[relateStamps(right, left)]);
      }),
    );
  });
});
