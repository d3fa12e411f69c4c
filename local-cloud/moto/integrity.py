"""Refuses what S3 refuses and moto, as published, accepts.

These are a body that does not match its announced CRC-32 or MD5, and the completion of an upload whose If-Match
condition, announced size or announced CRC-32 does not hold.
"""

import base64
import hashlib
import zlib

from moto.s3.exceptions import MissingKey, NoSuchUpload, PreconditionFailed, S3ClientError
from moto.s3.models import FakeMultipart
from moto.s3.responses import S3Response


class BadDigest(S3ClientError):
    code = "BadDigest"

    def __init__(self, algorithm: str):
        super().__init__(f"The {algorithm} you specified did not match the calculated checksum.")


class WrongUploadSize(S3ClientError):
    code = "InvalidRequest"

    def __init__(self, announced: str, actual: int):
        super().__init__(f"The upload has {actual} bytes, not the {announced} of x-amz-mp-object-size.")


def base64_of_crc32(crc: int) -> str:
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def check_body(headers, body: bytes) -> None:
    crc32 = headers.get("x-amz-checksum-crc32")
    if crc32 is not None and crc32 != base64_of_crc32(zlib.crc32(body)):
        raise BadDigest("CRC32")
    md5 = headers.get("content-md5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode():
        raise BadDigest("Content-MD5")


def find_upload(response: S3Response, upload_id: str) -> FakeMultipart:
    upload = response.backend.get_bucket(response.bucket_name).multiparts.get(upload_id)
    if upload is None:
        raise NoSuchUpload(upload_id=upload_id)
    return upload


def prepare_completion(response: S3Response, upload_id: str) -> None:
    key = response.parse_key_name()
    existing = response.backend.get_object(response.bucket_name, key)
    if existing is not None and existing.multipart and existing.multipart.id == upload_id:
        return  # The same completion again: S3 and moto repeat their first answer.
    upload = find_upload(response, upload_id)
    expected_etag = response.headers.get("if-match")
    if expected_etag is not None:
        if existing is None:
            raise MissingKey(key=key)
        if existing.etag.strip('"') != expected_etag.strip('"'):
            raise PreconditionFailed("If-Match")
    upload.announced_size = response.headers.get("x-amz-mp-object-size")
    upload.announced_crc32 = response.headers.get("x-amz-checksum-crc32")


def check_joined(upload: FakeMultipart, size: int, checksum) -> None:
    if upload.announced_size is not None and int(upload.announced_size) != size:
        raise WrongUploadSize(upload.announced_size, size)
    if upload.announced_crc32 is not None and checksum is not None and upload.announced_crc32 != checksum[1]:
        raise BadDigest("CRC32")


def refuse_what_s3_refuses() -> None:
    put_object, upload_part = S3Response.put_object, S3Response.upload_part
    post, complete = S3Response._key_response_post, FakeMultipart.complete

    def put_checked_object(self):
        check_body(self.headers, self.body or b"")
        if "x-amz-checksum-crc32" in self.headers:
            # moto keeps a checksum only if this optional header names its algorithm.
            self.request.environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "CRC32")
        return put_object(self)

    def upload_checked_part(self):
        check_body(self.headers, self.body or b"")
        find_upload(self, self._get_param("uploadId"))
        return upload_part(self)

    def post_checked(self, request, body, bucket_name, query, key_name):
        if "uploadId" in query:
            prepare_completion(self, query["uploadId"][0])
        return post(self, request, body, bucket_name, query, key_name)

    def complete_checked(upload, body):
        value, etag, checksum = complete(upload, body)
        check_joined(upload, len(value), checksum)
        return value, etag, checksum

    S3Response.put_object = put_checked_object
    S3Response.upload_part = upload_checked_part
    S3Response._key_response_post = post_checked
    FakeMultipart.complete = complete_checked
