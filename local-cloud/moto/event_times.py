"""Gives all events of one write the time of that write, as S3 does.

As published, moto reads the clock for each event, and sends two events for a multipart upload: a reader that orders
events by time would mistake them for two writes.
"""

from moto.s3 import notifications

get_event = notifications._get_s3_event


def get_event_of_write(event_name, bucket, key, notification_id):
    event = get_event(event_name, bucket, key, notification_id)
    milliseconds = key.last_modified.isoformat(timespec="milliseconds").removesuffix("+00:00")
    event["Records"][0]["eventTime"] = f"{milliseconds}Z"
    return event


def time_events_by_writes() -> None:
    notifications._get_s3_event = get_event_of_write
