"""Lets moto hold large objects in bounded memory.

As published, moto loads the whole object for each ranged GET and then cuts out the range (reading 1 GiB in ranges of
8 MiB copies 128 GiB), and completes a multipart upload with five copies of the object in memory.
"""

import bisect
import itertools
import zlib

from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML
from moto.s3.models import FakeKey, FakeMultipart, MultipartChecksumBuilder
from moto.s3.responses import S3Response
from moto.settings import S3_UPLOAD_PART_MIN_SIZE
from moto.utilities.utils import md5_hash

from integrity import base64_of_crc32

# Up to this size, values are loaded and copied as in moto, which is faster than reading them in pieces.
LARGE_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024


class JoinedParts:
    """The parts of a completed upload as one read-only file: nothing is copied, the parts stay where they are."""

    def __init__(self, parts: list[FakeKey]):
        self.parts = parts
        self.ends = list(itertools.accumulate(part.size for part in parts))
        self.position = 0

    def __len__(self) -> int:
        return self.ends[-1]

    def seek(self, position: int) -> None:
        self.position = position

    def read(self, size: int | None = None) -> bytes:
        stop = len(self) if size is None or size < 0 else min(self.position + size, len(self))
        pieces = []
        while self.position < stop:
            index = bisect.bisect_right(self.ends, self.position)
            part, end = self.parts[index], self.ends[index]
            part._value_buffer.seek(self.position - (end - part.size))
            pieces.append(part._value_buffer.read(min(stop, end) - self.position))
            self.position += len(pieces[-1])
        return b"".join(pieces)

    def close(self) -> None:
        """Does nothing: the files of the parts close with the last reference to them."""


class StoredBytes:
    """The parts of a body's interface that moto uses, without loading it: its length, slices, and iteration in pieces."""

    def __init__(self, key: FakeKey):
        self.lock = key.lock
        self.size = key.size
        self.buffer = key._value_buffer

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, span: slice) -> bytes:
        start, stop, _ = span.indices(self.size)
        with self.lock:
            self.buffer.seek(start)
            return self.buffer.read(stop - start)

    def __iter__(self):
        return (self[start : start + PIECE_BYTES] for start in range(0, self.size, PIECE_BYTES))


class UnloadedKey:
    """A key as moto knows it, except that asking for its value does not load it."""

    def __init__(self, key: FakeKey):
        self.key = key

    def __getattr__(self, name: str):
        return getattr(self.key, name)

    @property
    def value(self) -> StoredBytes:
        return StoredBytes(self.key)


def complete_without_copies(upload: FakeMultipart, body):
    """`FakeMultipart.complete`: the same checks in the same order, ETag and checksum, but parts instead of bytes."""
    parts: list[FakeKey] = []
    for number, etag in body:
        part = upload.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise InvalidPart()
        if parts and parts[-1].size < S3_UPLOAD_PART_MIN_SIZE:
            raise EntityTooSmall()
        parts.append(part)
    if not parts:
        raise MalformedXML
    digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    etag = f"{md5_hash(digests).hexdigest()}-{len(parts)}"
    return JoinedParts(parts), etag, checksum_of(upload, parts)


def checksum_of(upload: FakeMultipart, parts: list[FakeKey]):
    algorithm = upload.metadata.get("x-amz-checksum-algorithm")
    kind = upload.metadata.get("x-amz-checksum-type")
    if algorithm is None:
        return None
    if (algorithm, kind) == ("CRC32", "FULL_OBJECT"):
        crc = 0
        for piece in itertools.chain.from_iterable(StoredBytes(part) for part in parts):
            crc = zlib.crc32(piece, crc)
        return kind, base64_of_crc32(crc), 1
    builder = MultipartChecksumBuilder(algorithm, kind)
    for part in parts:
        builder.addPart(part.value)
    return builder.build()


def copy_without_value(key: FakeKey, _memo) -> FakeKey:
    """Listing versions copies each key; the copies share the value, which never changes."""
    copied = object.__new__(FakeKey)
    copied.__dict__.update(key.__dict__)
    return copied


def keep_large_objects_out_of_memory() -> None:
    find_key = S3Response._get_key
    load_value = FakeKey.value.fset

    def find_key_unloaded(self, *args, **kwargs):
        key, not_modified = find_key(self, *args, **kwargs)
        return (UnloadedKey(key) if key.size > LARGE_BYTES else key), not_modified

    def store_value(self, value) -> None:
        if isinstance(value, JoinedParts):
            self._value_buffer, self.contentsize = value, len(value)
        else:
            load_value(self, value)

    S3Response._get_key = find_key_unloaded
    FakeKey.value = FakeKey.value.setter(store_value)
    FakeKey.__deepcopy__ = copy_without_value
    FakeMultipart.complete = complete_without_copies
    # moto closes the file of an overwritten or deleted object while others still read it; S3 lets them finish. The
    # file closes with the last reference to it.
    FakeKey.dispose = lambda self, garbage=False: None
