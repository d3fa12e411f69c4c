import type { QueueMessage } from '../../messages/message-queue.ts';
import type { OutgoingMessage } from './batches.ts';

/** Message attribute of a requeued message: how many times in a row it was requeued without progress. */
export const TURNS_ATTRIBUTE = 's3xrc-turns';

/** Empty for a message that was not requeued without progress. */
export function describeTurns({ turns = 0 }: Pick<QueueMessage, 'turns'>): Pick<OutgoingMessage, 'attributes'> {
  return turns === 0 ? {} : { attributes: { [TURNS_ATTRIBUTE]: { DataType: 'Number', StringValue: String(turns) } } };
}

/** 0 for anything but a small number: other senders to the queue may use the attribute for something else. */
export function readTurns(value: string | undefined): number {
  return value !== undefined && /^\d{1,3}$/.test(value) ? Number(value) : 0;
}
