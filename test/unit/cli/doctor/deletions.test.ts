import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { CheckContext } from '../../../../src/cli/doctor/check.ts';
import { DELETION_CHECKS, judgeDeletionTable } from '../../../../src/cli/doctor/checks/deletions.ts';
import { planRegions } from '../../../../src/templates/plan-regions.ts';
import { loadRules, ruleEntry } from '../../../support/configuration.ts';

const NAME = 'app-deletions';
const PLACE = { subject: `${NAME} (us-east-1)`, region: 'us-east-1', name: NAME, named: NAME };
const TABLE = { TableStatus: 'ACTIVE' } as const;
const EXPIRING = { TimeToLiveStatus: 'ENABLED', AttributeName: 'ExpiresAt' } as const;

describe('the table of deletions', () => {
  test.each([
    ['that exists and expires', {}, 'ok', undefined],
    ['that is being updated', { table: { TableStatus: 'UPDATING' } }, 'ok', undefined],
    [
      'whose expiry is being switched on',
      { timeToLive: { ...EXPIRING, TimeToLiveStatus: 'ENABLING' } },
      'ok',
      undefined,
    ],
    ['that is missing', { table: undefined, named: undefined }, 'failure', 's3xrc deploy --region us-east-1'],
    ['that the function does not know', { named: undefined }, 'failure', 's3xrc deploy --region us-east-1'],
    ["that is not the function's table", { named: 'other' }, 'failure', 's3xrc deploy --region us-east-1'],
    [
      'whose key cannot be used',
      { table: { ...TABLE, SSEDescription: { InaccessibleEncryptionDateTime: new Date(0) } } },
      'failure',
      's3xrc doctor --only keys --region us-east-1',
    ],
    [
      'that is being deleted',
      { table: { TableStatus: 'DELETING' } },
      'failure',
      'aws dynamodb describe-table --region us-east-1 --table-name app-deletions',
    ],
    ...[{ TimeToLiveStatus: 'DISABLED' } as const, { ...EXPIRING, AttributeName: 'Other' }, {}].map(
      (timeToLive) =>
        [
          `that keeps its items forever: ${JSON.stringify(timeToLive)}`,
          { timeToLive },
          'warning',
          'aws dynamodb update-time-to-live --region us-east-1 --table-name app-deletions --time-to-live-specification Enabled=true,AttributeName=ExpiresAt',
        ] as const,
    ),
  ] as const)('%s', (_, change, status, fix) => {
    const finding = judgeDeletionTable({ ...PLACE, table: TABLE, timeToLive: EXPIRING, ...change });
    expect({ status: finding.status, fix: finding.fix }).toEqual({ status, fix });
  });

  test('expires by the attribute and has the name that the stack gives it', () => {
    const stack = readFileSync(new URL('../../../../src/stacks/target.yaml', import.meta.url), 'utf8');
    expect(stack).toMatch(/TableName: !Sub '\$\{NamePrefix\}-deletions'/);
    expect(stack).toContain('TimeToLiveSpecification: { AttributeName: ExpiresAt, Enabled: true }');
    expect(stack).toContain('DELETIONS_TABLE: !If [RemembersDeletions, !Ref Deletions, !Ref AWS::NoValue]');
  });

  test('is checked only if a rule replicates deletions', async () => {
    const subjectsOf = async (source: object): Promise<string[]> => {
      const configuration = await loadRules([ruleEntry(source)]);
      const patient = { configuration, plans: planRegions(configuration) } as unknown as CheckContext;
      return DELETION_CHECKS.checksOf(patient).map(({ subject }) => subject);
    };
    expect(await subjectsOf({})).toEqual([]);
    expect(await subjectsOf({ deletes: 'replicate' })).toEqual([expect.stringMatching(/-deletions \(eu-central-1\)$/)]);
  });
});
