"""Lists the parts of a multipart upload as S3 does.

As published, moto omits their checksums, treats the marker of a page as a position instead of a part number (so an
upload with gaps loses parts), and copies a part without checking the ETag that the caller requires.
"""

import itertools
import zlib
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.s3.exceptions import NoSuchUpload, PreconditionFailed
from moto.s3.models import FakeMultipart
from moto.s3.responses import S3Response

from integrity import base64_of_crc32
from large_objects import StoredBytes

PAGE = 1000


def crc32_of(part) -> str:
    known = getattr(part, "crc32", None)
    if known is None:
        crc = 0
        for piece in StoredBytes(part):
            crc = zlib.crc32(piece, crc)
        known = part.crc32 = base64_of_crc32(crc)
    return known


def describe_part(upload: FakeMultipart, part) -> dict:
    described = {
        "PartNumber": part.name,
        "LastModified": part.last_modified_ISO8601,
        "ETag": part.etag,
        "Size": part.size,
    }
    if upload.metadata.get("x-amz-checksum-algorithm") == "CRC32":
        described["ChecksumCRC32"] = crc32_of(part)
    return described


def list_parts(response: S3Response):
    upload_id = response._get_param("uploadId")
    marker = response._get_int_param("part-number-marker", 0)
    page = response._get_int_param("max-parts", PAGE)
    upload = response.backend.get_bucket(response.bucket_name).multiparts.get(upload_id)
    if upload is None:
        raise NoSuchUpload(upload_id=upload_id)
    waiting = (upload.parts[number] for number in upload.partlist if number > marker)
    parts = list(itertools.islice(waiting, page))
    result = {
        "Bucket": response.bucket_name,
        "Key": response.parse_key_name(),
        "UploadId": upload_id,
        "StorageClass": "STANDARD",
        "PartNumberMarker": marker,
        "NextPartNumberMarker": parts[-1].name if parts else 0,
        "MaxParts": page,
        "IsTruncated": next(waiting, None) is not None,
        "ChecksumAlgorithm": upload.metadata.get("x-amz-checksum-algorithm"),
        "ChecksumType": upload.metadata.get("x-amz-checksum-type"),
        "Parts": [describe_part(upload, part) for part in parts],
    }
    response.data["Action"] = "ListParts"
    return response.serialized(ActionResult(result))


def check_copied(response: S3Response) -> None:
    expected = response.headers.get("x-amz-copy-source-if-match")
    if expected is None:
        return
    place, _, version = response.headers["x-amz-copy-source"].partition("?versionId=")
    bucket, _, key = unquote(place).lstrip("/").partition("/")
    source = response.backend.get_object(bucket, key, version_id=unquote(version) or None)
    if source is None or source.etag.strip('"') != expected.strip('"'):
        raise PreconditionFailed("x-amz-copy-source-If-Match")


def list_parts_as_s3_does() -> None:
    upload_part_copy = S3Response.upload_part_copy

    def copy_checked_part(self):
        check_copied(self)
        return upload_part_copy(self)

    S3Response.list_parts = list_parts
    S3Response.upload_part_copy = copy_checked_part
