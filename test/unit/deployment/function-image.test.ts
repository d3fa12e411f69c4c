import { beforeEach, describe, expect, test } from '@jest/globals';
import { handleStackRequest } from '../../../src/deployment/handle-stack-request.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const FUNCTION = 'arn:aws-cn:lambda:cn-north-1:123456789012:function:compressor-deployment:7';
const REGISTRY = '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn';

let aws: MemoryDeployment;

beforeEach(() => {
  aws = new MemoryDeployment();
});

async function answerTo(properties: object): Promise<Record<string, unknown>> {
  const event = {
    RequestType: 'Create',
    ResponseURL: 'https://answers.example/signed',
    StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1',
    RequestId: 'request-1',
    LogicalResourceId: 'Image',
    ResourceType: 'Custom::FunctionImage',
    ResourceProperties: { ServiceToken: 'arn:aws:lambda:eu-west-1:123456789012:function:deployment', ...properties },
  };
  let answer = '';
  await handleStackRequest({ event, remainingMilliseconds: 60_000, logStream: 'log-1' }, () => Promise.resolve(aws), {
    send: (_, text) => {
      answer = text;
      return Promise.resolve(200);
    },
    waiting: aws.patience,
    log: aws.log,
  });
  return JSON.parse(answer) as Record<string, unknown>;
}

describe('the image of a function', () => {
  test('is returned with its digest and with the repository that ECS needs access to', async () => {
    aws.images.set(FUNCTION, `${REGISTRY}/team/compressor@sha256:0123`);
    expect(await answerTo({ Function: FUNCTION })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'Image',
      Data: {
        Image: `${REGISTRY}/team/compressor@sha256:0123`,
        RepositoryArn: 'arn:aws-cn:ecr:cn-north-1:123456789012:repository/team/compressor',
      },
    });
  });

  test('is requested several times, since a permission may arrive late, and then refused with the reason', async () => {
    expect(await answerTo({ Function: FUNCTION })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('FUNCTION_UNREADABLE'),
    });
    expect(aws.waits).toHaveLength(6);
  });

  test.each(['public.ecr.aws/lambda/nodejs:24', 'functions:latest'])(
    'is refused if ECS could not pull it: %s',
    async (image) => {
      aws.images.set(FUNCTION, image);
      expect(await answerTo({ Function: FUNCTION })).toMatchObject({
        Status: 'FAILED',
        Reason: expect.stringContaining(`runs ${image}, which is not an image in a registry`),
      });
    },
  );

  test('is not requested for anything but a function', async () => {
    const answer = await answerTo({ Function: 'arn:aws:lambda:eu-west-1:123456789012:layer:deployment:7' });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('is not an ARN of a function') });
  });
});
