import { expect, test } from '@jest/globals';
import { terminalStyle } from '../../../../src/cli/command/terminal-style.ts';
import { renderStatus } from '../../../../src/cli/status/render-status.ts';
import { isHealthy, type PipelineStatus, type RuleStatus } from '../../../../src/cli/status/status.ts';

const RULE: RuleStatus = {
  id: 'documents-0a1b2c3d4e',
  region: 'eu-west-1',
  bucket: 'documents',
  prefix: 'reports/',
  suffix: '.csv',
  hour: { objects: 1200, bytes: 3_200_000_000, archiveBytes: 800_000_000 },
  day: { objects: 0, bytes: 0, archiveBytes: 0 },
  dollars: { saved: 12.5, spent: 1.25 },
  fixedDollars: 8.3,
  backlog: { waiting: 1500, inWork: 40, oldestSeconds: 7300, deadLetters: 0, tasks: { running: 1, desired: 3 } },
  backfill: 0,
  givenUp: 0,
  routes: [
    { region: 'ap-southeast-2', watermarkSeconds: 240, objectiveSeconds: 3600, restored: { hour: 1100, day: 25_000 } },
  ],
};
const STATUS: PipelineStatus = {
  time: '2026-11-29T12:00:00.000Z',
  stack: 'compressor',
  rules: [RULE],
  arrivals: [
    { region: 'ap-southeast-2', backlog: { waiting: null, inWork: null, oldestSeconds: null, deadLetters: null } },
  ],
  fixedDollars: 20.1,
  unseen: ['queue compressor-target of ap-southeast-2: AccessDenied'],
};
const PLAIN = terminalStyle({ isTTY: true, columns: 60 }, { NO_COLOR: '1' });

test('fits into 60 columns', () => {
  expect(renderStatus(STATUS, PLAIN)).toBe(`compressor, 2026-11-29 12:00:00 UTC

s3://documents/reports/*.csv
  eu-west-1, documents-0a1b2c3d4e
  to ap-southeast-2  4 m behind (objective 1 h), restored
                     1,100 / 25,000
  backlog         1,500 objects, oldest 2 h; 40 in progress
  fallback tasks  1 of 3 running
  dead letters    0
  last hour       1,200 objects, 3.2 GB, 4.00 : 1
  last day        0 objects, 0 B, –
  dollars, day    saved $12.50, spent $1.25, net $11.25
  fixed           $8.30 per month
  given up        0 archives

Arrivals in ap-southeast-2
  backlog         –, oldest –; – in progress
  dead letters    –

Fixed cost of all regions: about $20.10 per month.

Could not read queue compressor-target of ap-southeast-2:
AccessDenied
`);
});

test('prints savings of zero as $0', () => {
  const rules = [{ ...RULE, dollars: { saved: 0, spent: 0 } }];
  expect(renderStatus({ ...STATUS, rules }, PLAIN)).toContain('saved $0, spent $0, net $0');
});

test('prints the findings of a schedule on a separate line, absent without a schedule', () => {
  const verification = {
    every: 'weekly' as const,
    startedAt: '2026-11-29T02:13:00.000Z',
    compared: 1_200_000,
    missing: 3,
    older: 1,
    different: 0,
    foreign: 0,
    unreadable: 0,
    unreplicable: 0,
    faults: 4,
  };
  const render = (found: RuleStatus['verification'] | undefined): string =>
    renderStatus(
      { ...STATUS, rules: [{ ...RULE, ...(found === undefined ? {} : { verification: found }) }] },
      terminalStyle({ isTTY: true, columns: 160 }, { NO_COLOR: '1' }),
    );
  const line = '  verified        2026-11-29 02:13 UTC, 1,200,000 keys: 3 missing, 1 older, 0 different, 0 foreign';
  expect(render(verification)).toContain(`${line}\n`);
  expect(render({ ...verification, unfinished: true })).toContain(`${line} so far, not finished\n`);
  expect(render({ ...verification, unfinished: true, stopped: true })).toContain(`${line} before it stopped early\n`);
  const inTime = { ...verification, faults: 0, missing: 0, older: 0 };
  const late = { ...inTime, overdue: true as const };
  expect(render(late)).toContain('0 foreign; the next one is overdue (weekly)\n');
  expect(render({ ...verification, unreadable: 2, unreplicable: 1000 })).toContain(
    '0 foreign, 2 unreadable, 1,000 unreplicable\n',
  );
  const never = {
    every: 'weekly' as const,
    compared: 0,
    missing: 0,
    older: 0,
    different: 0,
    foreign: 0,
    unreadable: 0,
    unreplicable: 0,
    faults: 0,
  };
  expect(render(never)).toContain('  verified        weekly; none in the last 15 days\n');
  expect(render(null)).toContain('  verified        –\n');
  expect(render(undefined)).not.toContain('verified');
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification }] })).toBe(false);
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification: never }] })).toBe(true);
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification: late }] })).toBe(false);
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification: inTime }] })).toBe(true);
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification: { ...inTime, unfinished: true } }] })).toBe(true);
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, verification: { ...inTime, stopped: true } }] })).toBe(false);
});

test.each([
  ['nothing is late', {}, true],
  ['an object is dead-lettered', { backlog: { ...RULE.backlog, deadLetters: 1 } }, false],
  ['an archive was given up', { givenUp: 1 }, false],
  [
    'a route is behind its objective',
    { routes: RULE.routes.map((route) => ({ ...route, watermarkSeconds: 3601 })) },
    false,
  ],
  [
    'nothing is known',
    { givenUp: null, routes: RULE.routes.map((route) => ({ ...route, watermarkSeconds: null })) },
    true,
  ],
])('when %s, all is well: %j', (_, change, well) => {
  expect(isHealthy({ ...STATUS, rules: [{ ...RULE, ...change }] })).toBe(well);
});
