import { describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../../../src/configuration/environment.ts';
import { sourceVariables } from '../../../src/wiring/source.ts';
import { targetVariables } from '../../../src/wiring/target.ts';
import { workerVariables } from '../../../src/wiring/worker.ts';

const shared = {
  AWS_REGION: 'eu-west-1',
  CONFIGURATION_DIRECTORY: '/var/task/configuration',
  QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead-letters',
  MAX_RECEIVES: '5',
};

describe('the environment of a function', () => {
  test('has defaults', () => {
    expect(
      readEnvironment(sourceVariables, {
        ...shared,
        RULE_ID: 'r',
        OUTBOUND_BUCKET: 'out',
        PROGRESS_BUCKET: 'progress',
      }),
    ).toMatchObject({
      MAX_RECEIVES: 5,
      OWN_PRINCIPALS: [],
    });
    expect(readEnvironment(targetVariables, { ...shared, INBOUND_BUCKET: 'in-1', MAX_RECEIVES: '3' })).toMatchObject({
      MAX_RECEIVES: 3,
    });
  });

  test('lists the role ids of our own writers', () => {
    const environment = {
      ...shared,
      RULE_ID: 'r',
      OUTBOUND_BUCKET: 'out',
      PROGRESS_BUCKET: 'progress',
      OWN_PRINCIPALS: 'AROA1,AROA2',
    };
    expect(readEnvironment(sourceVariables, environment).OWN_PRINCIPALS).toEqual(['AROA1', 'AROA2']);
  });

  test('says where work that exceeds an invocation goes, if anywhere', () => {
    const environment = { ...shared, RULE_ID: 'r', OUTBOUND_BUCKET: 'out', PROGRESS_BUCKET: 'progress' };
    expect(readEnvironment(sourceVariables, environment).FALLBACK_QUEUE_URL).toBeUndefined();
    const fallback = { FALLBACK_QUEUE_URL: shared.QUEUE_URL, FALLBACK_SERVICE: 'cluster/service' };
    expect(readEnvironment(sourceVariables, { ...environment, ...fallback })).toMatchObject(fallback);
    expect(() => readEnvironment(sourceVariables, { ...environment, FALLBACK_SERVICE: 'service' })).toThrow(
      /cluster\/service/,
    );
  });

  test('says whose work a fallback task does, and may leave its exit to ECS', () => {
    const task = { FALLBACK_ROLE: 'target', TASK_CPU: '2048', TASK_MEMORY: '4096', VISIBILITY_TIMEOUT: '300' };
    expect(readEnvironment(workerVariables, task)).toEqual({
      FALLBACK_ROLE: 'target',
      TASK_CPU: 2048,
      TASK_MEMORY: 4096,
      VISIBILITY_TIMEOUT: 300,
      IDLE_EXIT_SECONDS: 0,
    });
    const wrong = () =>
      readEnvironment(workerVariables, { ...task, FALLBACK_ROLE: 'both', VISIBILITY_TIMEOUT: '43201' });
    expect(wrong).toThrow(/FALLBACK_ROLE: .*VISIBILITY_TIMEOUT: /);
  });

  test('is rejected with every variable that is missing or wrong', () => {
    const read = () => readEnvironment(sourceVariables, { ...shared, QUEUE_URL: 'queue', MAX_RECEIVES: 'many' });
    expect(read).toThrow(/QUEUE_URL: .*MAX_RECEIVES: .*RULE_ID: .*OUTBOUND_BUCKET: /);
    const without = { ...shared, INBOUND_BUCKET: 'in-1', MAX_RECEIVES: undefined };
    expect(() => readEnvironment(targetVariables, without)).toThrow(/MAX_RECEIVES: /);
  });
});
