import { expect, it } from '@jest/globals';
import { describeDeadLetter } from '../../../../src/aws/sqs/dead-letter-attributes.ts';
import { CustomerKeyError } from '../../../../src/storage/errors.ts';

const valuesOf = (error: CustomerKeyError): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(describeDeadLetter(error)).map(([name, { StringValue }]) => [name, StringValue]));

it('says what is wrong, with which object, and why', () => {
  const cause = new Error('outer', { cause: new TypeError('inner') });
  const context = { bucket: 'b', key: 'a/b c', status: 400, requestId: undefined };
  expect(valuesOf(new CustomerKeyError('encrypted', { context, cause }))).toEqual({
    code: 'OBJECT_CUSTOMER_KEY',
    reason: 'encrypted',
    cause: 'Error: outer <- TypeError: inner',
    bucket: 'b',
    key: 'a/b c',
    status: '400',
  });
});

it('keeps keys distinct if they differ in characters that SQS forbids', () => {
  const keyOf = (key: string) => valuesOf(new CustomerKeyError('x', { context: { key } }))['key'];
  expect(keyOf('a\u0001b\u0000\uffff')).toBe('a\\u0001b\\u0000\\uffff');
  expect(keyOf('tab\tline\nreturn\r 日本 🙂')).toBe('tab\tline\nreturn\r 日本 🙂');
  expect(keyOf('lone \ud800')).toBe('lone \\ud800');
});

it('stays within the ten attributes that SQS accepts, and keeps the most useful ones', () => {
  const context = {
    ...Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`field ${n}`, n])),
    key: 'k',
    bucket: 'b',
  };
  const values = valuesOf(new CustomerKeyError('x', { context, cause: new Error('y') }));
  expect(Object.keys(values)).toHaveLength(10);
  expect(Object.keys(values).slice(0, 6)).toEqual(['code', 'reason', 'cause', 'bucket', 'key', 'field_0']);
});

it('leaves out empty values and cuts long ones', () => {
  const values = valuesOf(new CustomerKeyError('r'.repeat(5000), { context: { key: '' } }));
  expect(values).toEqual({ code: 'OBJECT_CUSTOMER_KEY', reason: `${'r'.repeat(2047)}…` });
});

it('does not let a context entry hide the reason', () => {
  const values = valuesOf(new CustomerKeyError('x', { context: { code: 'other', reason: 'other' } }));
  expect(values).toMatchObject({ code: 'OBJECT_CUSTOMER_KEY', reason: 'x' });
});
