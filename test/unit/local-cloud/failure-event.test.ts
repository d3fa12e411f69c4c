import { describe, expect, it } from '@jest/globals';
import { replicationFailureEvent } from '../../../local-cloud/replication/failure-event.ts';

describe('replicationFailureEvent', () => {
  it('names object, version, rule, destination and reason in the fields that S3 uses', () => {
    const event = replicationFailureEvent(
      { bucket: 'outbound', key: 'rule/a b.tar.zst', versionId: 'v1', etag: 'e', size: 7 },
      { ruleId: 'rule-eu', destinationBucket: 'inbound', hasMetrics: true },
      'DstPutObjectNotPermitted',
      { region: 'us-east-1', configurationId: 'failures', time: new Date(0) },
    );
    expect(event).toMatchObject({
      Records: [
        {
          eventSource: 'aws:s3',
          awsRegion: 'us-east-1',
          eventTime: '1970-01-01T00:00:00.000Z',
          eventName: 'Replication:OperationFailedReplication',
          s3: {
            configurationId: 'failures',
            bucket: { name: 'outbound', arn: 'arn:aws:s3:::outbound' },
            object: { key: 'rule/a+b.tar.zst', size: 7, eTag: 'e', versionId: 'v1' },
          },
          replicationEventData: {
            replicationRuleId: 'rule-eu',
            destinationBucket: 'arn:aws:s3:::inbound',
            s3Operation: 'OBJECT_PUT',
            failureReason: 'DstPutObjectNotPermitted',
          },
        },
      ],
    });
  });
});
