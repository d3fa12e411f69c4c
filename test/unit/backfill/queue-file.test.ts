import { describe, expect, test } from '@jest/globals';
import { InvalidFileTaskError, NoProgressError } from '../../../src/backfill/errors.ts';
import { type FileTask, parseFileTask } from '../../../src/backfill/file-task.ts';
import { queueFile } from '../../../src/backfill/queue-file.ts';
import { parseInventoryManifest } from '../../../src/inventory/manifest.ts';
import { LAST_MODIFIED, RecordingQueue, SkippingClock } from '../../support/backfill.ts';
import { generateInventory } from '../../support/generated-inventory.ts';
import { memoryInventoryFiles } from '../../support/inventory-files.ts';
import { exampleRule } from '../../support/rules.ts';

const rows = Array.from({ length: 5000 }, (_, index) => ({
  key: `in/${index}`,
  size: 10,
  lastModified: LAST_MODIFIED,
  etag: `etag-${index}`,
}));
const rule = exampleRule({ bucket: 'objects', prefix: 'in/' });

function taskOf(format: 'CSV' | 'Parquet'): {
  readonly task: FileTask;
  readonly files: Readonly<Record<string, Uint8Array>>;
} {
  const place = { bucket: 'objects', fileBucket: 'inventories', folder: 'data', format, fileRows: 5000 };
  const generated = generateInventory(rows, place);
  const manifest = parseInventoryManifest(generated.manifest, 'manifest.json');
  const [file = { key: '' }] = manifest.files;
  const inventory = { bucket: manifest.fileBucket, format, fields: [...manifest.fields] };
  return { task: parseFileTask({ job: { rule: rule.id, filter: {}, inventory }, file }), files: generated.files };
}

describe.each(['CSV', 'Parquet'] as const)('a data file in %s', (format) => {
  const { task, files } = taskOf(format);
  const shared = { rule, files: memoryInventoryFiles(files), clock: new SkippingClock() };

  test('is queued completely if there is time for it', async () => {
    const queue = new RecordingQueue();
    const done = await queueFile(task, { ...shared, queue, deadline: new AbortController().signal });
    expect(done).toMatchObject({ finished: true, counts: { listed: 5000, queued: 5000, queuedBytes: 50_000 } });
    expect(queue.keys).toEqual(rows.map(({ key }) => key));
  });

  test('is continued by the next invocation after what was queued, with nothing left out', async () => {
    const sent: string[] = [];
    let next = task;
    for (let invocation = 0; next.finished !== true; invocation += 1) {
      expect(invocation).toBeLessThan(10);
      const time = new AbortController();
      const queue: RecordingQueue = new RecordingQueue((already) => {
        if (already >= 1000) time.abort(new Error('out of time'));
      });
      next = await queueFile(next, { ...shared, queue, deadline: time.signal });
      sent.push(...queue.keys);
      expect(parseFileTask(JSON.parse(JSON.stringify(next)))).toEqual(next);
    }
    expect(new Set(sent)).toEqual(new Set(rows.map(({ key }) => key)));
    expect(next.counts?.queued).toBe(5000);
  });

  test('fails if there is no time even for its first objects, instead of being retried forever', async () => {
    const time = new AbortController();
    time.abort(new Error('out of time'));
    const queued = queueFile(task, { ...shared, queue: new RecordingQueue(), deadline: time.signal });
    await expect(queued).rejects.toThrow(NoProgressError);
  });

  test('fails with the error of SQS', async () => {
    const queue = new RecordingQueue(() => {
      throw new Error('SQS does not answer');
    });
    const queued = queueFile(task, { ...shared, queue, deadline: new AbortController().signal });
    await expect(queued).rejects.toThrow('SQS does not answer');
  });
});

test('rejects an invalid input of the function', () => {
  expect(() => parseFileTask({ Records: [] })).toThrow(InvalidFileTaskError);
});
