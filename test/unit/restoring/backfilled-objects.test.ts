import { expect, test } from '@jest/globals';
import { orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import { archiveOf, NOW, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const SECOND = Date.UTC(2023, 10, 14, 22, 13, 20);
const event = (text: string, time: number, sequencer: string) =>
  archiveOf([textObject('k', text, { modified: time / 1000, sequencer, etag: Buffer.from(text).toString('hex') })]);
const backfill = (text: string, lastModified: number) =>
  archiveOf([
    textObject('k', text, {
      modified: orderOfListedObject(lastModified) / 1000,
      etag: Buffer.from(text).toString('hex'),
    }),
  ]);

test.each([
  [
    'an event of the same version wins',
    event('v1', SECOND + 300, 'A1'),
    backfill('v1', SECOND),
    'v1',
    'newer-at-target',
  ],
  [
    'an event of a later version wins',
    event('v2', SECOND + 5000, 'A2'),
    backfill('v1', SECOND),
    'v2',
    'newer-at-target',
  ],
  ['an event of the same second wins', event('v0', SECOND, 'A0'), backfill('v1', SECOND), 'v0', 'newer-at-target'],
  [
    'an event of an earlier second is replaced',
    event('v0', SECOND - 600, 'A0'),
    backfill('v1', SECOND),
    'v1',
    undefined,
  ],
  ['the same object from another backfill is a replay', backfill('v1', SECOND), backfill('v1', SECOND), 'v1', 'replay'],
  [
    'an older object from another backfill is skipped',
    backfill('v2', SECOND + 1000),
    backfill('v1', SECOND),
    'v2',
    'newer-at-target',
  ],
])('at the target, %s', async (_, first, second, text, skipped) => {
  const region = new TargetRegion();
  await region.process(await region.arrive(first, `${RULE.id}/1.tar.zst`));
  await region.process(await region.arrive(second, `${RULE.id}/2.tar.zst`));
  expect(region.text('k')).toBe(text);
  expect(region.telemetry.skipped.map(([, reason]) => reason)).toEqual(skipped === undefined ? [] : [skipped]);
});

test('an event replaces a backfilled object, even one of the same second', async () => {
  const region = new TargetRegion();
  await region.process(await region.arrive(backfill('v1', SECOND), `${RULE.id}/1.tar.zst`));
  await region.process(await region.arrive(event('v2', SECOND, 'A2'), `${RULE.id}/2.tar.zst`));
  expect(region.text('k')).toBe('v2');
  expect(region.store.keys(TARGET)).toEqual(['k']);
});

test('an object that is older than the time in its archive key reports no latency', async () => {
  const region = new TargetRegion();
  const key = `${RULE.id}/${new Date(NOW - 5000).toISOString().replace(/[-:.]/g, '')}-0.tar.zst`;
  const old = textObject('old', 'x', { modified: SECOND / 1000 });
  const recent = textObject('new', 'x', { modified: (NOW - 5000) / 1000 });
  await region.process(await region.arrive(archiveOf([old, recent]), key));
  expect(region.telemetry.archives).toMatchObject([{ restored: 2, latency: { count: 1 } }]);
});
