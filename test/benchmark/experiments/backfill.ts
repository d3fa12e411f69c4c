import { MIB } from '../../../src/units.ts';
import type { Experiment } from '../experiment.ts';
import { MemoryCourse } from '../keys/memory-course.ts';
import { queueKeys, withServer } from '../keys/scan-keys.ts';
import { startListedServer } from '../keys/start-listed-server.ts';
import { atLeast, atMost } from '../row.ts';

const KEYS = 1_000_000;

/** `s3xrc backfill` without the time of AWS: a listing of generated keys, and a queue that counts. */
export const backfillOfManyKeys: Experiment = {
  rows: [
    {
      name: 'backfill-queueing',
      title: `objects listed and queued, of ${KEYS} generated keys; server and command share the machine`,
      unit: 'objects/s',
      goal: atLeast(20_000),
    },
    {
      name: 'backfill-memory',
      title: 'growth of the highest resident memory from the first to the second half of that run',
      unit: 'bytes',
      goal: atMost(64 * MIB),
    },
  ],
  async run() {
    using server = await startListedServer(KEYS);
    const course = new MemoryCourse(KEYS, 2);
    const [begun, cpu] = [performance.now(), process.cpuUsage()];
    await withServer(server.endpoint, (pager, queue) => queueKeys(pager, queue, course.reach.bind(course)));
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const taken = await server.taken();
    if (taken !== KEYS) throw new RangeError(`${taken} messages arrived for ${KEYS} objects`);
    const remark = `${((user + system) / KEYS).toFixed(1)} us of CPU time per object in the command`;
    const [first, second] = course.points;
    return [{ measured: KEYS / seconds, remark }, { measured: (second?.highest ?? 0) - (first?.highest ?? 0) }];
  },
};
