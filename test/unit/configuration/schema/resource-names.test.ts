import { describe, expect, test } from '@jest/globals';
import { ruleId } from '../../../../src/configuration/rule-id.ts';
import { resourceNamePrefix, ruleResourceName } from '../../../../src/configuration/schema/resource-names.ts';

const ID = ruleId({ region: 'eu-west-1', bucket: 'data', prefix: 'logs/', suffix: '' });

describe('names of resources', () => {
  test('begin with the stack name in lower case if it is short', () => {
    expect(resourceNamePrefix('S3-Compressor')).toBe('s3-compressor');
    expect(ruleResourceName('s3-compressor', ID)).toBe(`s3-compressor-${ID}`);
  });

  test('leave room for the other parts of a bucket name', () => {
    const bucket = `${resourceNamePrefix('a'.repeat(128))}-111122223333-ap-southeast-2-outbound`;
    expect(bucket).toMatch(/^[a-z0-9-]{1,63}$/);
  });

  test('differ for two long stack names that begin alike', () => {
    expect(resourceNamePrefix(`${'a'.repeat(40)}-one`)).not.toBe(resourceNamePrefix(`${'a'.repeat(40)}-two`));
  });

  test('keep the part that makes a rule unique when the readable part is too long', () => {
    const id = ruleId({ region: 'eu-west-1', bucket: 'b'.repeat(63), prefix: '', suffix: '' });
    const name = ruleResourceName('a'.repeat(40), id);
    expect(name).toHaveLength(56);
    expect(name.slice(-10)).toBe(id.slice(-10));
  });

  test('work for a rule whose id has no readable part', () => {
    expect(ruleResourceName('stack', '-0123456789')).toBe('stack-0123456789');
  });
});
