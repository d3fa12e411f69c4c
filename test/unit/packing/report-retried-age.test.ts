import { expect, test } from '@jest/globals';
import { reportRetriedAge } from '../../../src/packing/report-retried-age.ts';
import { EVENT_TIME, queueMessage, s3Notification } from '../../support/notifications.ts';
import { RecordingPackingTelemetry } from '../../support/recording-packing-telemetry.ts';

/** The ages reported when a message of this receive count is returned, or acknowledged. */
function told(receiveCount: number, isReturned: boolean): number[] {
  const telemetry = new RecordingPackingTelemetry();
  const message = queueMessage(s3Notification({ key: 'k' }), receiveCount);
  const batchItemFailures = isReturned ? [{ itemIdentifier: message.messageId }] : [];
  reportRetriedAge([message], { batchItemFailures }, { telemetry, now: () => Date.parse(EVENT_TIME) + 7000 });
  return telemetry.returned;
}

test('reportRetriedAge reports the age of messages that SQS no longer counts: those returned from the second receive on', () => {
  expect(told(2, true)).toEqual([7]);
  expect(told(3, true)).toEqual([7]);
  expect(told(1, true)).toEqual([]);
  expect(told(3, false)).toEqual([]);
});
