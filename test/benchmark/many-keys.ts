import { Command, InvalidArgumentError, Option } from 'commander';
import { MIB } from '../../src/units.ts';
import { GeneratedPager } from './keys/generated-pager.ts';
import { MemoryCourse } from './keys/memory-course.ts';
import { rememberDeletions } from './keys/remember-deletions.ts';
import { compareKeys, queueKeys, withServer } from './keys/scan-keys.ts';
import { startListedServer } from './keys/start-listed-server.ts';

/** Lines of the table. */
const PARTS = 10;
/** The destination of `verify` lacks one key in this many. */
const MISSING_ONE_IN = 1_000_003;

interface Options {
  readonly keys: number;
  readonly what: 'backfill' | 'verify' | 'deletions';
  readonly server: boolean;
}

const options = new Command('bench:keys')
  .description(
    'Measures how fast backfill, verify and the table of deletions process very many generated keys, and their memory.',
  )
  .option('--keys <number>', 'keys of the listing', parseCount, 10_000_000)
  .addOption(
    new Option('--what <command>', 'what processes them')
      .choices(['backfill', 'verify', 'deletions'])
      .default('backfill'),
  )
  .option('--no-server', 'generate listing and queue in this process, for more keys than a server could list in time')
  .parse()
  .opts<Options>();

await measure(options);

async function measure({ keys, what, server }: Options): Promise<void> {
  const cpu = process.cpuUsage();
  let before = { keys: 0, seconds: 0 };
  process.stdout.write(`${'keys'.padStart(12)} ${'seconds'.padStart(9)} ${'keys/s'.padStart(9)}  highest MiB\n`);
  const course = new MemoryCourse(keys, PARTS, (point) => {
    const rate = (point.keys - before.keys) / (point.seconds - before.seconds);
    before = point;
    const columns = [
      String(point.keys).padStart(12),
      point.seconds.toFixed(1).padStart(9),
      rate.toFixed(0).padStart(9),
    ];
    process.stdout.write(`${columns.join(' ')}  ${(point.highest / MIB).toFixed(1)}\n`);
  });
  const reach = course.reach.bind(course);
  if (what === 'verify') await verify(keys, reach);
  else if (what === 'deletions') await remember(keys, reach);
  else if (server) await backfillOverServer(keys, reach);
  else await backfillInProcess(keys, reach);
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${((user + system) / keys).toFixed(1)} us of CPU time per key in this process\n`);
}

async function backfillOverServer(keys: number, reach: (keys: number) => void): Promise<void> {
  using server = await startListedServer(keys);
  await withServer(server.endpoint, (pager, queue) => queueKeys(pager, queue, reach));
  expectAll('messages', await server.taken(), keys);
}

async function backfillInProcess(keys: number, reach: (keys: number) => void): Promise<void> {
  let taken = 0;
  const queue = {
    send: (bodies: readonly string[]) => {
      taken += bodies.length;
      return Promise.resolve();
    },
  };
  await queueKeys(new GeneratedPager(keys), queue, reach);
  expectAll('messages', taken, keys);
}

async function verify(keys: number, reach: (keys: number) => void): Promise<void> {
  const isMissing = (index: number): boolean => index % MISSING_ONE_IN === 0;
  const missing = await compareKeys(new GeneratedPager(keys), new GeneratedPager(keys, isMissing), reach);
  expectAll('missing keys', missing, Math.ceil(keys / MISSING_ONE_IN));
}

async function remember(keys: number, reach: (keys: number) => void): Promise<void> {
  const { seconds, pages, highest, found } = await rememberDeletions(keys, reach);
  const took = `${seconds.toFixed(1)} s, ${pages} pages, highest ${(highest / MIB).toFixed(1)} MiB`;
  process.stdout.write(`asked for 1000 keys: ${found} were deleted; ${took}\n`);
}

function expectAll(what: string, found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`${found} ${what} instead of ${expected}`);
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A number of keys is a whole number up to 999999999.');
}
