"""Standard SQS queues that are safe under several threads and do not slow down as they fill.

As published, moto scans every message of a queue for each send, receive and delete (10,000 messages take many minutes),
and can lose a message that arrives while another thread deletes one. Here a queue keeps its messages in indexes under
its lock; the answers and errors are still moto's.
"""

import copy
import functools
import heapq
import itertools
import secrets
import time

import moto.sqs.models
from moto.core.utils import unix_time_millis
from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, _filter_message_attributes

# A message cannot stay invisible for longer than this after it was sent.
MAX_INVISIBILITY_MILLISECONDS = 43_200 * 1000


class MessageIndex:
    """The messages of one queue: visible ones, in order; those that become visible later; and all by receipt."""

    def __init__(self):
        self.alive: dict[str, Message] = {}
        self.ready: dict[str, Message] = {}
        self.delayed: set[str] = set()
        self.due: list[tuple[float, int, Message]] = []
        self.receipts: dict[str, Message] = {}
        self.order = itertools.count()

    def add(self, message: Message) -> None:
        self.alive[message.id] = message
        if message.delayed_until > unix_time_millis():
            self.delayed.add(message.id)
            self.wait_until(message, message.delayed_until)
        else:
            self.ready[message.id] = message

    def wait_until(self, message: Message, milliseconds: float) -> None:
        self.ready.pop(message.id, None)
        message.ready_at = milliseconds
        heapq.heappush(self.due, (milliseconds, next(self.order), message))

    def release_due(self) -> None:
        now = unix_time_millis()
        while self.due and self.due[0][0] <= now:
            milliseconds, _, message = heapq.heappop(self.due)
            # Ignore an entry after a later change of visibility or a deletion.
            if message.id in self.alive and message.ready_at == milliseconds:
                self.delayed.discard(message.id)
                self.ready[message.id] = message

    def remove(self, message: Message) -> None:
        del self.alive[message.id]
        self.ready.pop(message.id, None)
        self.delayed.discard(message.id)

    def receive(self, count: int, visibility_seconds: int, queue: Queue) -> list[Message]:
        self.release_due()
        received: list[Message] = []
        while self.ready and len(received) < count:
            message = next(iter(self.ready.values()))
            if exceeds_max_receive_count(message, queue):
                self.remove(message)
                queue.dead_letter_queue.add_message(message)
                continue
            message.mark_received(visibility_timeout=visibility_seconds)
            self.receipts[message.receipt_handle] = message
            self.wait_until(message, unix_time_millis() + visibility_seconds * 1000)
            received.append(message)
        return received


def exceeds_max_receive_count(message: Message, queue: Queue) -> bool:
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return False
    return message.approximate_receive_count >= queue.redrive_policy["maxReceiveCount"]


class IndexedQueue(Queue):
    """A queue as moto knows it, on a `MessageIndex`."""

    # moto reads the service of a model class from the name of its module.
    __module__ = Queue.__module__

    def __init__(self, *args, **kwargs):
        self.index = MessageIndex()
        super().__init__(*args, **kwargs)

    @property
    def _messages(self):
        return list(self.index.alive.values())

    @_messages.setter
    def _messages(self, messages) -> None:
        """moto calls this with an empty list when it creates or purges the queue."""
        self.index = MessageIndex()

    @property
    def approximate_number_of_messages(self) -> int:
        with self._messages_lock:
            self.index.release_due()
            return len(self.index.ready)

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        with self._messages_lock:
            self.index.release_due()
            return len(self.index.delayed)

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        with self._messages_lock:
            self.index.release_due()
            return len(self.index.alive) - len(self.index.ready) - len(self.index.delayed)

    def add_message(self, message: Message) -> None:
        with self._messages_lock:
            # A dead-letter queue resets its count; its old receipts belong to the queue that it came from.
            message.visible_at = 0.0
            self.index.add(message)
            self._messages_lock.notify()

    def receive(self, count: int, wait_seconds: float, visibility_seconds: int) -> list[Message]:
        deadline = time.monotonic() + wait_seconds
        with self._messages_lock:
            received = self.index.receive(count, visibility_seconds, self)
            while not received and (remaining := deadline - time.monotonic()) > 0:
                # Not for all of the remaining time: a message may become visible again without a notification.
                self._messages_lock.wait(min(remaining, 0.1))
                received = self.index.receive(count, visibility_seconds, self)
            return [copy.copy(message) for message in received]

    def delete_message(self, receipt_handle: str) -> None:
        with self._messages_lock:
            message = self.index.receipts.get(receipt_handle)
            if message is None:
                raise ReceiptHandleIsInvalid()
            if message.id in self.index.alive:
                self.index.remove(message)

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        with self._messages_lock:
            message = self.index.receipts.get(receipt_handle)
            if message is None or message.id not in self.index.alive:
                raise ReceiptHandleIsInvalid()
            until = unix_time_millis() + seconds * 1000
            if until - message.sent_timestamp > MAX_INVISIBILITY_MILLISECONDS:
                raise InvalidParameterValue(
                    f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total "
                    "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
                )
            self.index.wait_until(message, until)
            self._messages_lock.notify()


def receive_message(
    self, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names=None
):
    messages = self.get_queue(queue_name).receive(count, wait_seconds_timeout, visibility_timeout)
    for message in messages:
        _filter_message_attributes(message, message_attribute_names or [])
    return messages


def change_message_visibility(self, queue_name, receipt_handle, visibility_timeout):
    self.get_queue(queue_name).change_visibility(receipt_handle, int(visibility_timeout))


def index_queues() -> None:
    # moto computes the same few names for each sent message, and draws 180 random letters for each received one.
    moto.sqs.models.camelcase_to_underscores = functools.cache(moto.sqs.models.camelcase_to_underscores)
    moto.sqs.models.generate_receipt_handle = lambda: secrets.token_hex(92)
    moto.sqs.models.Queue = IndexedQueue
    SQSBackend.receive_message = receive_message
    SQSBackend.change_message_visibility = change_message_visibility
