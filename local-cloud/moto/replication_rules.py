"""Returns a bucket's replication rules as they were put: as published, moto omits their filters."""

from moto.core.responses import ActionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError
from moto.s3.responses import S3Response


def describe_rule(rule: dict) -> dict:
    return {**rule, "Filter": describe_filter(rule["Filter"] or {})} if "Filter" in rule else rule


def describe_filter(rule_filter: dict) -> dict:
    if "And" in rule_filter:
        both = rule_filter["And"]
        tags = both.get("Tag", [])
        return {"And": {"Prefix": both.get("Prefix") or "", "Tags": tags if isinstance(tags, list) else [tags]}}
    if "Tag" in rule_filter:
        return {"Tag": rule_filter["Tag"]}
    return {"Prefix": rule_filter.get("Prefix") or ""}


def get_bucket_replication(self: S3Response):
    self.data["Action"] = "GetBucketReplication"
    stored = self.backend.get_bucket_replication(self.bucket_name)
    if not stored:
        raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
    rules = [describe_rule(rule) for rule in stored["Rule"]]
    return self.serialized(ActionResult({"ReplicationConfiguration": {"Role": stored["Role"], "Rules": rules}}))


def keep_replication_filters() -> None:
    S3Response.get_bucket_replication = get_bucket_replication
