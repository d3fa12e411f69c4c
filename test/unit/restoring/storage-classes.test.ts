import { expect, test } from '@jest/globals';
import { MIB } from '../../../src/units.ts';
import { layOutArchive, sealArchive, type TestObject } from '../../support/archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

/** An archive whose objects had this storage class at the source. */
function archiveWith(storageClass: string, objects: readonly TestObject[], rule = RULE.id): Buffer {
  const { tarFrames, manifest } = layOutArchive(objects);
  const described = manifest.objects.map((object) => ({ ...object, storage_class: storageClass }));
  return sealArchive({ tarFrames, manifest: { ...manifest, rule, objects: described } });
}

test.each(['EXPRESS_ONEZONE', 'OUTPOSTS', 'SNOW', 'FSX_OPENZFS', 'AWS_BACKUP_WARM'])(
  'an object arrives as STANDARD, and this is reported, if PUT does not accept its storage class: %s',
  async (storageClass) => {
    const region = new TargetRegion();
    const objects = [textObject('small', 's'), { key: 'large', body: Buffer.alloc(20 * MIB) }];

    const message = await region.arrive(archiveWith(storageClass, objects));

    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expect(region.store.look({ bucket: TARGET, key: 'small' })?.description.storageClass).toBe('STANDARD');
    expect(region.store.look({ bucket: TARGET, key: 'large' })?.description.storageClass).toBe('STANDARD');
    expect(region.telemetry.replacedClasses.toSorted()).toEqual([
      ['large', storageClass],
      ['small', storageClass],
    ]);
  },
);

test.each(['STANDARD', 'REDUCED_REDUNDANCY', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'])(
  'a storage class that PUT accepts is kept: %s',
  async (storageClass) => {
    const region = new TargetRegion();
    await region.process(await region.arrive(archiveWith(storageClass, [textObject('k', 'x')])));
    expect(region.store.look({ bucket: TARGET, key: 'k' })?.description.storageClass).toBe(storageClass);
    expect(region.telemetry.replacedClasses).toEqual([]);
  },
);

test('the storage class of the destination replaces one that PUT does not accept', async () => {
  const rule = exampleRule({}, [{ storageClass: 'STANDARD_IA' }]);
  const region = new TargetRegion({ rules: [rule] });
  const archive = archiveWith('SNOW', [textObject('k', 'x')], rule.id);
  await region.process(await region.arrive(archive, `${rule.id}/a.tar.zst`));
  expect(region.store.look({ bucket: TARGET, key: 'k' })?.description.storageClass).toBe('STANDARD_IA');
  expect(region.telemetry.replacedClasses).toEqual([]);
});
