import { expect, test } from '@jest/globals';
import { reportReturned } from '../../../src/packing/report-returned.ts';
import { EVENT_TIME, queueMessage, s3Notification } from '../../support/notifications.ts';
import { RecordingSourceTelemetry } from '../../support/recording-telemetry.ts';

/** The ages reported when a message of this receive count is returned, or acknowledged. */
function told(receiveCount: number, isReturned: boolean): number[] {
  const telemetry = new RecordingSourceTelemetry();
  const message = queueMessage(s3Notification({ key: 'k' }), receiveCount);
  const batchItemFailures = isReturned ? [{ itemIdentifier: message.messageId }] : [];
  reportReturned([message], { batchItemFailures }, { telemetry, now: () => Date.parse(EVENT_TIME) + 7000 });
  return telemetry.returned;
}

test('reportReturned reports the age of messages that SQS no longer counts: those returned from the second receive on', () => {
  expect(told(2, true)).toEqual([7]);
  expect(told(3, true)).toEqual([7]);
  expect(told(1, true)).toEqual([]);
  expect(told(3, false)).toEqual([]);
});
