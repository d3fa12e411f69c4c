"""Makes moto's IAM check the permissions that AWS checks, for the requests of our functions.

moto 5.2.5 compares the name of the operation with the policies. That is not always the name of the permission: batch
operations of SQS use that of the single operation, HEAD of a bucket is ListBucket, replication rules have different
names, and CloudWatch's permissions do not start with the service name in the signature. For DynamoDB and KMS, moto
looks for `*` instead of the table or key, as it does for a queue that is not given by its URL. Some S3 requests also
need a second permission.

Still not checked: conditions, KMS permissions that S3 and other services use on the caller's behalf, policies of queues,
topics and keys, and iam:PassRole.
"""

from collections.abc import Iterator
from urllib.parse import unquote

from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import IAMRequestBase
from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse
from moto.s3.exceptions import HeadOnDeleteMarker, MissingBucket
from moto.s3.models import s3_backends
from moto.s3.responses import ACTION_MAP
from moto.sqs.responses import SQSResponse

# Amazon SQS developer guide, "Amazon SQS API permissions"; Amazon S3 user guide, "Required permissions for S3 API operations".
PERMISSIONS = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "s3:HeadBucket": "s3:ListBucket",
    "monitoring:GetMetricData": "cloudwatch:GetMetricData",
}
BUCKET_ACTIONS = {
    "GET": {"replication": "GetReplicationConfiguration"},
    "PUT": {"replication": "PutReplicationConfiguration"},
    "DELETE": {"replication": "PutReplicationConfiguration"},
}
OBJECT_PREFIX = "arn:aws:s3:::"


def is_stored(account_id: str, bucket: str, key: str) -> bool:
    try:
        return s3_backends[account_id]["aws"].head_object(bucket, key) is not None
    except (HeadOnDeleteMarker, MissingBucket):
        return False


def further_permissions(request: IAMRequestBase, resource: str) -> Iterator[tuple[str, str]]:
    """Additional permissions that S3 checks: (action, resource)."""
    bucket, _, key = resource.removeprefix(OBJECT_PREFIX).partition("/")
    if request._action == "s3:PutObject" and request._headers.get("X-Amz-Tagging"):
        yield "s3:PutObjectTagging", resource
    if request._action == "s3:PutObject" and request._headers.get("If-Match"):
        yield "s3:GetObject", resource
    if request._action == "s3:PutObject" and request._headers.get("X-Amz-Copy-Source"):
        copied, _, version = unquote(request._headers["X-Amz-Copy-Source"]).lstrip("/").partition("?versionId=")
        yield "s3:GetObjectVersion" if version else "s3:GetObject", OBJECT_PREFIX + copied
    # Without permission to list, S3 answers 403 for an object that does not exist.
    if request._action == "s3:GetObject" and not is_stored(request.account_id, bucket, key):
        yield "s3:ListBucket", OBJECT_PREFIX + bucket


def table_of(handler: DynamoHandler) -> str:
    name = handler.body.get("TableName", "*")
    return f"arn:aws:dynamodb:{handler.region}:{handler.current_account}:table/{name}"


def key_of(response: KmsResponse) -> str:
    name = response._get_param("KeyId") or "*"
    backend = kms_backends[response.current_account][response.region]
    # An alias is checked as the key behind it.
    return f"arn:aws:kms:{response.region}:{response.current_account}:key/{backend.any_id_to_key_id(name)}"


url_to_name = SQSResponse._get_queue_name


def name_of_queue(response: SQSResponse) -> str:
    return response._get_param("QueueName") or url_to_name(response)


def check_what_iam_checks() -> None:
    for method, actions in BUCKET_ACTIONS.items():
        ACTION_MAP["BUCKET"][method].update(actions)
    check = IAMRequestBase.check_action_permitted

    def check_all(self: IAMRequestBase, resource: str) -> None:
        self._action = PERMISSIONS.get(self._action, self._action)
        needs = [(self._action, resource), *further_permissions(self, resource)]
        for self._action, needed in needs:
            check(self, needed)

    IAMRequestBase.check_action_permitted = check_all
    # Lambda assumes the roles of functions; here a user does, whom trust policies do not name.
    IAMRequestBase._check_role_trust_relationship = lambda self, role_arn: True
    DynamoHandler._determine_resource = table_of
    KmsResponse._determine_resource = key_of
    SQSResponse._get_queue_name = name_of_queue
