import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { createFixedLevel } from '../../../src/adaptive/fixed-level.ts';
import type { LevelPolicy } from '../../../src/adaptive/level-policy.ts';
import type { CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { UnexpectedError } from '../../../src/errors.ts';
import { buildInTime } from '../../../src/packing/build-in-time.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { archiveInProgressError } from '../../../src/packing/leased-record.ts';
import { PackingSpeed, type PackingWork } from '../../../src/packing/packing-speed.ts';
import { planLevels } from '../../../src/packing/plan-levels.ts';
import { EVENT_TIME } from '../../support/notifications.ts';
import { inlineCompression, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

class SpiedSpeed extends PackingSpeed {
  readonly lessons: [kind: 'packed' | 'cut-off', seconds: number][] = [];
  override learn(_: readonly PackingWork[], seconds: number): void {
    this.lessons.push(['packed', seconds]);
  }
  override learnCutOff(_: readonly PackingWork[], seconds: number): void {
    this.lessons.push(['cut-off', seconds]);
  }
}

const BEGUN = Date.parse(EVENT_TIME) + 500_000;

/** A process in which every frame takes 20 s. */
class SlowProcess {
  readonly speed = new SpiedSpeed(1);
  time = BEGUN;
  levelsLearned = 0;
  readonly service: SourceServiceHarness;

  constructor(
    frame: (task: CompressFrameTask) => ReturnType<typeof inlineCompression.compress> = (task) =>
      inlineCompression.compress(task),
  ) {
    const compress = (task: CompressFrameTask) => {
      this.time += 20_000;
      return frame(task);
    };
    const levels: LevelPolicy = {
      ...createFixedLevel(3),
      plan: () => ({
        ...createFixedLevel(3).plan(),
        learn: () => {
          this.levelsLearned += 1;
          return Promise.resolve();
        },
      }),
    };
    this.service = new SourceServiceHarness({
      speed: this.speed,
      levels,
      now: () => this.time,
      pool: { ...inlineCompression, compress },
      limits: { parallelReads: 16, resumableBytes: 10 },
    });
  }

  async build(body: string, seconds: number) {
    await this.service.place('k', body);
    const etag = (await this.service.memory.head({ bucket: 'source-bucket', key: 'k' }))?.etag ?? '';
    const object = { bucket: 'source-bucket', key: 'k', size: body.length, etag, eventTime: Date.parse(EVENT_TIME) };
    const items: PackItem[] = [{ object, messages: [], superseded: [] }];
    const { dependencies } = this.service;
    return buildInTime(items, planLevels(items, seconds, 0, dependencies), seconds, dependencies);
  }
}

test('the duration of an archive is reported, and speed and levels are learned from it', async () => {
  const process = new SlowProcess();
  await process.build('small', 800);
  // One frame for the object, one for the manifest.
  expect(process.speed.lessons).toEqual([['packed', 40]]);
  expect(process.levelsLearned).toBe(1);
  expect(process.service.telemetry.archives).toMatchObject([{ seconds: 40, delaySeconds: 540 }]);
});

test('no speed is learned from a resumed archive, since only the rest of it was packed', async () => {
  const first = new SlowProcess(() => Promise.reject(new UnexpectedError('killed')));
  await expect(first.build('0123456789', 800)).rejects.toThrow('killed');
  const process = new SlowProcess();
  const { memory } = process.service;
  // The archive exists, and so does a record of an upload that was never counted.
  const done = new SlowProcess();
  await done.build('0123456789', 800);
  const [key = ''] = done.service.archiveKeys();
  await memory.place({ bucket: 'outbound-bucket', key }, done.service.archive());
  const record = { version: 1, uploadId: 'lost', plannedFrames: 1, parts: [], frameSizes: '' };
  const owner = '00000000-0000-0000-0000-000000000000 0\n';
  await memory.place({ bucket: PROGRESS, key }, Buffer.from(owner + JSON.stringify(record)));

  const { archive } = await process.build('0123456789', 800);

  expect(archive).toMatchObject({ isResumed: true, archiveBytes: done.service.archive().length });
  expect(process.service.telemetry.archives).toHaveLength(1);
  expect(process.speed.lessons).toEqual([]);
});

test('an archive that is cut off by the deadline says so, and the time until then is learned', async () => {
  // A worker that ends with its invocation: the deadline was set earlier, and comes first.
  const frame = () =>
    new Promise<never>((_, reject) => {
      setTimeout(reject, 30, new UnexpectedError('the worker ended'));
    });
  const process = new SlowProcess(frame);
  await expect(process.build('small', 0.01)).rejects.toMatchObject({ code: 'RUN_TIME_EXCEEDED' });
  expect(process.speed.lessons).toEqual([['cut-off', 20]]);
});

test('an archive is completed even if other work runs in between', async () => {
  const process = new SlowProcess(async (task) => {
    await once(AbortSignal.timeout(5), 'abort');
    return inlineCompression.compress(task);
  });
  await process.build('small', 800);
  expect(process.service.telemetry.archives).toHaveLength(1);
});

test('a failure before the deadline is reported unchanged, and nothing is learned from it', async () => {
  const process = new SlowProcess(() => Promise.reject(new UnexpectedError('a bug')));
  await expect(process.build('small', 800)).rejects.toThrow('a bug');
  expect(process.speed.lessons).toEqual([]);
});

test('the error for an archive in progress elsewhere names the archive and the seconds to wait', () => {
  expect(archiveInProgressError('rule/a', 5)).toMatchObject({
    archive: 'rule/a',
    seconds: 5,
    context: { archive: 'rule/a', seconds: 5 },
  });
});
