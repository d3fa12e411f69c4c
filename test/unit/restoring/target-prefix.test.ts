import { describe, expect, test } from '@jest/globals';
import { findStamp } from '../../../src/storage/provenance.ts';
import { MIB } from '../../../src/units.ts';
import { HOSTILE_KEYS } from '../../support/hostile-keys.ts';
import { exampleRule } from '../../support/rules.ts';
import { archiveOf, INBOUND, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const rule = exampleRule({ prefix: 'logs/' }, [{ targetPrefix: 'ireland/' }]);
const key = `${rule.id}/a.tar.zst`;

describe('a destination with a target prefix', () => {
  test('gets every object under the prefix followed by its whole key', async () => {
    const keys = HOSTILE_KEYS.filter((hostile) => hostile.isWellFormed() && Buffer.byteLength(hostile) < 1000);
    const everything = exampleRule({}, [{ targetPrefix: '../a b/' }]);
    const region = new TargetRegion({ rules: [everything] });
    const archive = archiveOf(
      keys.map((hostile) => textObject(hostile, `at ${hostile}`)),
      everything.id,
    );

    const response = await region.process(await region.arrive(archive, `${everything.id}/a.tar.zst`));

    expect(response.batchItemFailures).toEqual([]);
    expect(new Set(region.store.keys(TARGET))).toEqual(new Set(keys.map((hostile) => `../a b/${hostile}`)));
    for (const hostile of keys) expect(region.text(`../a b/${hostile}`)).toBe(`at ${hostile}`);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('has stamps that name the prefixed key, so that a replay writes nothing', async () => {
    const region = new TargetRegion({ rules: [rule] });
    const archive = archiveOf([textObject('logs/1', 'one')], rule.id);
    await region.process(await region.arrive(archive, key));
    const location = { bucket: TARGET, key: 'ireland/logs/1' };
    const first = region.store.look(location);
    expect(findStamp({ metadata: first?.description.metadata ?? {} }, location)).toBeDefined();

    await region.process(await region.arrive(archive, key, 2));

    expect(region.store.look(location)?.description.etag).toBe(first?.description.etag);
    expect(region.telemetry.skipped).toEqual([[location.key, 'replay']]);
  });

  test('refuses only a key that the prefix makes too long, with the reason', async () => {
    const region = new TargetRegion({ rules: [rule] });
    const objects = [textObject(`logs/${'k'.repeat(1019)}`, 'long'), textObject('logs/short', 'short')];
    await region.process(await region.arrive(archiveOf(objects, rule.id), key));
    expect(region.store.keys(TARGET)).toEqual(['ireland/logs/short']);
    expect(region.telemetry.failedObjects).toEqual([[`ireland/logs/${'k'.repeat(1019)}`, 'TARGET_KEY_TOO_LONG']]);
    expect(region.queue.letters).toMatchObject([{ reason: { code: 'ARCHIVE_NOT_RESTORED' } }]);
    expect(region.store.keys(INBOUND)).toEqual([key]);
  });

  test('refuses a key that is too long for it, while another destination gets the object', async () => {
    const both = exampleRule({ prefix: 'logs/' }, [{ targetPrefix: 'ireland/' }, { bucket: 'plain' }]);
    const region = new TargetRegion({ rules: [both] });
    const long = `logs/${'k'.repeat(1019)}`;
    await region.process(await region.arrive(archiveOf([textObject(long, 'long')], both.id), `${both.id}/a.tar.zst`));
    expect([region.store.keys(TARGET), region.text(long, 'plain')]).toEqual([[], 'long']);
    expect(region.telemetry.failedObjects).toEqual([[`ireland/${long}`, 'TARGET_KEY_TOO_LONG']]);
  });

  test('refuses only the large object whose key is too long, at every delivery', async () => {
    const region = new TargetRegion({ rules: [rule] });
    const body = Buffer.alloc(20 * MIB, 'large');
    const objects = [{ key: `logs/${'k'.repeat(1019)}`, body }, textObject('logs/short', 'short')];
    await region.process(await region.arrive(archiveOf(objects, rule.id), key));
    await region.process(await region.arrive(archiveOf(objects, rule.id), key, 2));
    expect(region.store.keys(TARGET)).toEqual(['ireland/logs/short']);
    expect(region.telemetry.failedObjects.map(([, code]) => code)).toEqual(Array(2).fill('TARGET_KEY_TOO_LONG'));
    expect(region.calls.counts).toMatchObject({ createUpload: 0, listUploads: 0 });
  });

  test('gets large objects under the prefix', async () => {
    const region = new TargetRegion({ rules: [rule] });
    const body = Buffer.alloc(20 * MIB, 'large');
    await region.process(await region.arrive(archiveOf([{ key: 'logs/large', body }], rule.id), key));
    expect(region.store.keys(TARGET)).toEqual(['ireland/logs/large']);
    expect(region.store.look({ bucket: TARGET, key: 'ireland/logs/large' })?.body.equals(body)).toBe(true);
  });

  test('can share a bucket with another destination of the rule', async () => {
    const twice = exampleRule({}, [{ targetPrefix: 'a/' }, { targetPrefix: 'b/', storageClass: 'GLACIER' }]);
    const region = new TargetRegion({ rules: [twice] });
    await region.process(await region.arrive(archiveOf([textObject('k', 'v')], twice.id), `${twice.id}/a.tar.zst`));
    expect(region.store.keys(TARGET).toSorted()).toEqual(['a/k', 'b/k']);
    expect(region.store.look({ bucket: TARGET, key: 'b/k' })?.description.storageClass).toBe('GLACIER');
  });
});
