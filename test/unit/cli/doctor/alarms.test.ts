import { expect, test } from '@jest/globals';
import { REGIONAL_ALARMS } from '../../../../src/cli/doctor/checks/alarms.ts';
import { ALARMS } from '../../../../src/templates/alarms.ts';

/** Functions and queues of a region with which the names of alarms begin. */
const OWNERS = /^\{NamePrefix\}-(deployment|resend|replication-failures|target|verify|watermark)-|^\{Name\}-/;

test('doctor checks every alarm of the stacks: by its function or queue, or by its own name', () => {
  const names = Object.values(ALARMS).flatMap((rows) => rows.map(({ name }) => name));
  const others = names.filter((name) => !OWNERS.test(name)).map((name) => name.replace('{NamePrefix}-', ''));
  expect(others.toSorted()).toEqual(REGIONAL_ALARMS.toSorted());
});
