import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EcsFallbackService } from '../../src/aws/ecs/fallback-service.ts';
import { EcsTaskProtection } from '../../src/aws/ecs/task-protection.ts';
import { type Answer, type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

let server: RecordingServer;

beforeEach(async () => {
  server = await startRecordingServer();
});
afterEach(() => server.stop());

function json(body: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

function requestBodies(): unknown[] {
  return server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown);
}

describe('waking the fallback service', () => {
  const operations = (): string[] =>
    server.requests.map(({ headers }) => headers['x-amz-target']?.split('.').at(-1) ?? '');

  function service(): EcsFallbackService {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return new EcsFallbackService('fallback-cluster/rule-service', {
      endpoint: server.endpoint,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    });
  }

  test('raises the desired count from 0 to 1', async () => {
    server.script(
      json({ services: [{ desiredCount: 0, runningCount: 0, pendingCount: 0 }] }),
      json({ service: { desiredCount: 1 } }),
    );
    await service().wake();
    expect(operations()).toEqual(['DescribeServices', 'UpdateService']);
    expect(requestBodies()).toEqual([
      { cluster: 'fallback-cluster', services: ['rule-service'] },
      { cluster: 'fallback-cluster', service: 'rule-service', desiredCount: 1 },
    ]);
  });

  test.each([
    ['should have tasks', { desiredCount: 3, runningCount: 0, pendingCount: 0 }],
    ['is starting tasks', { desiredCount: 0, runningCount: 0, pendingCount: 30 }],
    ['has running tasks', { desiredCount: 0, runningCount: 2, pendingCount: 0 }],
  ])('leaves alone a service that %s', async (_, counts) => {
    server.script(json({ services: [counts] }));
    await service().wake();
    expect(operations()).toEqual(['DescribeServices']);
  });

  test.each([
    ['does not exist', json({ services: [], failures: [{ reason: 'MISSING' }] }), /rule-service .*MISSING/],
    ['may not be read', json({ __type: 'AccessDeniedException', message: 'no ecs' }, 400), /no ecs/],
  ])('reports that the service %s', async (_what, answer, reason) => {
    server.script(answer);
    await expect(service().wake()).rejects.toMatchObject({
      code: 'FALLBACK_SERVICE_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(reason),
    });
  });
});

describe('protecting the task from scale-in', () => {
  const protection = (): EcsTaskProtection => new EcsTaskProtection(`${server.endpoint}/api/1234`);
  const agreed = (enabled: boolean): Answer => json({ protection: { ProtectionEnabled: enabled, TaskArn: 'arn' } });

  test('asks the task agent for a few minutes of protection, and later to end it', async () => {
    server.script(agreed(true), agreed(false));
    await protection().protect(60);
    await protection().release();
    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['PUT', '/api/1234/task-protection/v1/state'],
      ['PUT', '/api/1234/task-protection/v1/state'],
    ]);
    expect(requestBodies()).toEqual([{ ProtectionEnabled: true, ExpiresInMinutes: 60 }, { ProtectionEnabled: false }]);
  });

  test.each([
    ['refuses', json({ failure: { Reason: 'DEPLOYMENT_BLOCKED' } }), /protect this task.*DEPLOYMENT_BLOCKED/],
    ['fails', json({ error: { Code: 'AccessDeniedException', Message: 'no role' } }, 400), /AccessDenied.* no role/],
    ['answers with another state', agreed(false), /status 200 without a reason/],
    ['answers without JSON', { status: 502, body: 'Bad gateway' } as const, /JSON/],
    ['breaks the connection', 'reset' as const, /protect this task/],
  ])('reports that the agent %s', async (_what, answer, reason) => {
    server.script(answer);
    await expect(protection().protect(60)).rejects.toMatchObject({
      code: 'TASK_PROTECTION_REFUSED',
      retryable: true,
      message: expect.stringMatching(reason),
    });
  });
});
