import { expect, test } from '@jest/globals';
import { PENDING_TAGS } from '../../../src/storage/provenance.ts';
import { readArchive } from '../../support/archives.ts';
import { exampleRule } from '../../support/rules.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const TAGS = Array.from({ length: 10 }, (_, n) => ({ key: `${n}${'К'.repeat(11)}`, value: 'я'.repeat(120) }));

test('an object whose headers no request can carry is refused at the source, and the others are packed', async () => {
  const source = new SourceServiceHarness();
  const messages = [
    await source.place('small', 'a'),
    await source.place('large', 'b', { headers: { contentDisposition: 'x'.repeat(6000) } }),
    await source.place('tags', 'c', { tags: TAGS }),
  ];

  expect(await source.process(...messages)).toEqual([]);

  expect(readArchive(source.archive()).map(({ object }) => object.key)).toEqual(['small', 'tags']);
  expect(source.queue.letters).toMatchObject([{ reason: { code: 'HEADERS_TOO_LARGE', context: { key: 'large' } } }]);
});

test('a rule with chain waits for pending tags, and never packs an object without them', async () => {
  const rule = exampleRule();
  const source = new SourceServiceHarness({ rule: { ...rule, source: { ...rule.source, chain: true } } });
  const value = '2:00000000:00000000:lou5ogw0:01:0a:000000000000';
  const message = await source.place('k', 'a', { tags: [{ key: PENDING_TAGS, value }] });

  expect(await source.process(message)).toEqual([message.messageId]);
  expect(source.telemetry.failures.map(([, code]) => code)).toEqual(['TAGS_INCOMPLETE']);

  await source.memory.putTags({ bucket: rule.source.bucket, key: 'k' }, TAGS);
  expect(await source.process(message)).toEqual([]);
  expect(readArchive(source.archive()).map(({ object }) => object.tags)).toHaveLength(1);
});
