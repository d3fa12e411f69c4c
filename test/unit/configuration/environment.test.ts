import { describe, expect, test } from '@jest/globals';
import { readSourceEnvironment, readTargetEnvironment } from '../../../src/configuration/environment.ts';

const shared = {
  AWS_REGION: 'eu-west-1',
  CONFIGURATION_DIRECTORY: '/var/task/configuration',
  QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead-letters',
};

describe('the environment of a function', () => {
  test('is read with its defaults', () => {
    expect(readSourceEnvironment({ ...shared, RULE_ID: 'r', OUTBOUND_BUCKET: 'out' })).toMatchObject({
      MAX_RECEIVES: 5,
      OWN_PRINCIPALS: [],
    });
    expect(readTargetEnvironment({ ...shared, INBOUND_BUCKET: 'in-1', MAX_RECEIVES: '3' })).toMatchObject({
      MAX_RECEIVES: 3,
    });
  });

  test('lists the role ids of our own writers', () => {
    const environment = { ...shared, RULE_ID: 'r', OUTBOUND_BUCKET: 'out', OWN_PRINCIPALS: 'AROA1,AROA2' };
    expect(readSourceEnvironment(environment).OWN_PRINCIPALS).toEqual(['AROA1', 'AROA2']);
  });

  test('is refused with every variable that is missing or wrong', () => {
    const read = () => readSourceEnvironment({ ...shared, QUEUE_URL: 'queue', MAX_RECEIVES: 'many' });
    expect(read).toThrow(/QUEUE_URL: .*MAX_RECEIVES: .*RULE_ID: .*OUTBOUND_BUCKET: /);
  });
});
