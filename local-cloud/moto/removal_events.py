"""Sends events of removals as S3 does: for a new delete marker, for a removed version or marker, and for a deletion in a
bucket without versions.

As published, moto sends an event for a deletion in a bucket without versions, and for a removed version only if it was
the last of its key.
"""

from moto.core.utils import utcnow
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.s3.notifications import S3NotificationEvent

DELETED = S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
MARKED = S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT


class Removal:
    """The key in an event of a removal, with the attributes that moto reads from a stored object."""

    etag = ""
    size = 0

    def __init__(self, name: str, version_id: str | None):
        self.name = name
        self.version_id = version_id
        self.last_modified = utcnow()


def tell_of_removals() -> None:
    """Must run after `time_events_by_writes`, which reads the time of an event from its object."""
    send_event, get_event, delete_object = (
        notifications.send_event,
        notifications._get_s3_event,
        S3Backend.delete_object,
    )

    def send_but_removals(account_id, event_name, bucket, key):
        if event_name != DELETED:
            send_event(account_id, event_name, bucket, key)

    def get_event_of_removal(event_name, bucket, key, notification_id):
        event = get_event(event_name, bucket, key, notification_id)
        if isinstance(key, Removal):
            described = event["Records"][0]["s3"]["object"]
            del described["size"], described["eTag"]
            if key.version_id is not None:
                described["versionId"] = key.version_id
        return event

    def delete_and_tell(self, bucket_name, key_name, version_id=None, **others):
        bucket = self.get_bucket(bucket_name)
        stored = bucket.keys.getlist(key_name, [])
        is_known = version_id is None or any(str(one.version_id) == str(version_id) for one in stored)
        removed, answer = delete_object(self, bucket_name, key_name, version_id=version_id, **others)
        if removed and is_known:
            named = answer.get("version-id")
            is_marker = bucket.is_versioned and version_id is None
            removal = Removal(key_name, None if named is None else str(named))
            send_event(self.account_id, MARKED if is_marker else DELETED, bucket, removal)
        return removed, answer

    notifications.send_event = send_but_removals
    notifications._get_s3_event = get_event_of_removal
    S3Backend.delete_object = delete_and_tell
