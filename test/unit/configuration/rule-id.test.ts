import { describe, expect, test } from '@jest/globals';
import { ruleId } from '../../../src/configuration/rule-id.ts';

const identity = { region: 'eu-west-1', bucket: 'data', prefix: '', suffix: '' };

describe('ruleId', () => {
  test('never changes for the same rule, since it names queues and archives', () => {
    expect(ruleId({ ...identity, prefix: 'logs/app/', suffix: '.gz' })).toBe('data-logs-app-gz-a500f36631');
  });

  test.each([
    [{ prefix: 'a/b' }, { prefix: 'a-b' }],
    [{ prefix: 'logs' }, { prefix: 'logs/' }],
    [{ suffix: '.gz' }, { suffix: '.zip' }],
    [{ prefix: 'x' }, { suffix: 'x' }],
    [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    [{ bucket: 'data', prefix: 'eu' }, { bucket: 'data-eu' }],
    [{ prefix: 'Größe' }, { prefix: 'größe' }],
  ])('differs for %j and %j', (left, right) => {
    expect(ruleId({ ...identity, ...left })).not.toBe(ruleId({ ...identity, ...right }));
  });

  test('stays within what queue and role names allow, whatever the prefix', () => {
    const id = ruleId({ ...identity, bucket: 'b'.repeat(63), prefix: 'ü/'.repeat(300) });
    expect(id).toMatch(/^[a-z0-9-]{1,51}$/);
  });
});
