import { expect, test } from '@jest/globals';
import { terminalStyle } from '../../../../src/cli/command/terminal-style.ts';
import { failure, notChecked, ok } from '../../../../src/cli/doctor/diagnosis.ts';
import { diagnosesDocument, renderDiagnoses } from '../../../../src/cli/doctor/render-diagnoses.ts';

const GROUPS = [
  { name: 'clock', title: 'Clock', findings: [] },
  {
    name: 'buckets',
    title: 'Buckets',
    findings: [
      ok('bucket a', 'Exists.'),
      failure(
        'bucket b',
        'It does not exist, and what is in it can be neither read nor written.',
        'aws s3 mb s3://b --region eu-west-1',
      ),
    ],
  },
];

test('fits every line into 60 columns except a command, which is not broken', () => {
  const text = renderDiagnoses(GROUPS, terminalStyle({ isTTY: true, columns: 60 }, { NO_COLOR: '1' }));
  expect(text).toBe(
    [
      'Buckets',
      '  ok       bucket a: Exists.',
      '  FAILURE  bucket b: It does not exist, and what is in it',
      '           can be neither read nor written.',
      '           fix: aws s3 mb s3://b --region eu-west-1',
      '',
      '1 ok, 0 warnings, 1 failure, 0 unknown',
      '',
    ].join('\n'),
  );
});

test.each([
  [20, 60],
  [60, 180],
  [400, 600],
])('names groups that were not checked in time below the summary, with a command: %i s', (timeout, more) => {
  const late = (name: string) => ({
    name,
    title: name,
    findings: [{ ...notChecked('a', 'Could not be checked in time: no answer.'), isLate: true as const }],
  });
  const denied = { name: 'keys', title: 'Keys', findings: [notChecked('b', 'This identity may not check this.')] };
  const groups = [...GROUPS, late('queues'), denied, late('stacks')];
  const text = renderDiagnoses(groups, terminalStyle({ isTTY: true, columns: 60 }, {}), {
    problemsOnly: true,
    timeout,
  });
  expect(text.split('\n').slice(-5)).toEqual([
    '1 ok, 0 warnings, 1 failure, 3 unknown',
    'queues, stacks could not be checked completely in time. To',
    'check again with more time:',
    `  s3xrc doctor --only queues stacks --timeout ${more}`,
    '',
  ]);
});

test('uses colors only on a terminal that allows them', () => {
  const colors = (isTTY: boolean, environment: NodeJS.ProcessEnv): boolean =>
    renderDiagnoses(GROUPS, terminalStyle({ isTTY, columns: 80 }, environment)).includes('\u001b[');
  expect(colors(true, {})).toBe(true);
  expect(colors(true, { NO_COLOR: '1' })).toBe(false);
  expect(colors(true, { TERM: 'dumb' })).toBe(false);
  expect(colors(false, {})).toBe(false);
});

test('does not let a key move the cursor', () => {
  const group = { name: 'buckets', title: 'Buckets', findings: [ok('bucket \u001b[2J', 'Exists.')] };
  expect(renderDiagnoses([group], terminalStyle({}, {}))).toContain('bucket \\u001b[2J');
});

test('prints everything in the JSON document', () => {
  expect(JSON.parse(diagnosesDocument(GROUPS, { account: '1', arn: 'arn' }))).toEqual({
    account: '1',
    arn: 'arn',
    counts: { ok: 1, warning: 0, failure: 1, unseen: 0 },
    findings: GROUPS[1]?.findings.map((finding) => ({ group: 'buckets', ...finding })),
  });
});

test('can leave out what is ok, and still counts it', () => {
  const text = renderDiagnoses(GROUPS, terminalStyle({}, {}), { problemsOnly: true });
  expect(text).not.toContain('bucket a');
  expect(text).toContain('FAILURE  bucket b');
  expect(text).toContain('1 ok, 0 warnings, 1 failure');
  const report = JSON.parse(diagnosesDocument(GROUPS, undefined, { problemsOnly: true })) as object;
  expect(report).toMatchObject({ counts: { ok: 1 }, findings: [{ subject: 'bucket b' }] });
});
