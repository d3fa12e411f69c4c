import { expect, test } from '@jest/globals';
import type { Check } from '../../../../src/cli/doctor/check.ts';
import { ok } from '../../../../src/cli/doctor/diagnosis.ts';
import { runChecks } from '../../../../src/cli/doctor/run-checks.ts';

const NEVER = new AbortController().signal;
const onDone = (): void => undefined;

function check(subject: string, run: Check['run']): Check {
  return { subject, takes: 's3:ListBucket', run };
}

test('one check that never ends delays no other, and is reported when its time is over', async () => {
  const limits = [AbortSignal.abort(), NEVER];
  const done = runChecks(
    [check('deaf', () => new Promise(() => undefined)), check('well', () => Promise.resolve([ok('well', 'Yes.')]))],
    { signal: NEVER, timeLimit: () => limits.shift() ?? NEVER, onDone },
  );
  expect(await done).toEqual([
    [{ status: 'unseen', subject: 'deaf', says: 'Could not be checked in time: no answer.', isLate: true }],
    [ok('well', 'Yes.')],
  ]);
});

test.each([
  ['AccessDenied', 'This identity may not check this. It needs s3:ListBucket.'],
  ['AccessDeniedException', 'This identity may not check this. It needs s3:ListBucket.'],
  ['ThrottlingException', 'Could not be checked: of the server.'],
])('a check that gets %s from AWS is unknown, and says why', async (name, says) => {
  const answer = Object.assign(new Error('of the\n server.'), { name });
  const found = await runChecks([check('bucket', () => Promise.reject(answer))], {
    signal: NEVER,
    timeLimit: () => NEVER,
    onDone,
  });
  expect(found).toEqual([[{ status: 'unseen', subject: 'bucket', says }]]);
});

test('Ctrl-C ends all checks', async () => {
  const interruption = new AbortController();
  const interrupted = (): Promise<never> => {
    interruption.abort();
    return new Promise(() => undefined);
  };
  const done = runChecks([check('deaf', interrupted), check('deaf', interrupted)], {
    signal: interruption.signal,
    timeLimit: () => NEVER,
    onDone,
  });
  await expect(done).rejects.toMatchObject({ name: 'AbortError' });
});
