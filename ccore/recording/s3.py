"""Recordings in a bucket of an S3-speaking storage: Amazon's, MinIO, Ceph and the like."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from ccore.archive import Recording
from ccore.recording.storage import PART, ObjectMissing, StorageFailed

LIMIT_S = 30.0  # without a byte
_NOT_THERE = {"NoSuchKey", "NoSuchBucket"}


class S3Storage:
    """A bucket; other programs' objects in it are let alone. minio-py is the client: it is some 1 MB, boto3 25."""

    kind = "s3"

    def __init__(self, settings: Recording, access_key: str, secret_key: str) -> None:
        self._bucket = settings.bucket
        scheme, _, endpoint = settings.endpoint.partition("://")
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=scheme == "https",
            region=settings.region,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(LIMIT_S), retries=urllib3.Retry(2, backoff_factor=0.2, raise_on_status=False)
            ),
        )

    def put(self, name: str, content: BinaryIO, size: int) -> None:
        """Keep it; S3 shows an object only when it is whole."""
        with _failures(name, "written"):
            self._client.put_object(self._bucket, name, content, size, num_parallel_uploads=1)

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """What the object has there."""
        with _failures(name, "read"):
            answer = self._client.get_object(self._bucket, name, start, length or 0)
            try:
                yield from answer.stream(PART)
            finally:
                answer.close()
                answer.release_conn()

    def delete(self, name: str) -> None:
        """Have the object gone; S3 says yes also where there is none."""
        with _failures(name, "removed"):
            self._client.remove_object(self._bucket, name)


@contextmanager
def _failures(name: str, done: str) -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in _NOT_THERE:
            raise ObjectMissing(f"{name} is not there: {error.code}") from error
        raise StorageFailed(f"{name} cannot be {done}: {error.code} {error.message}") from error
    except (MinioException, HTTPError, OSError, ValueError) as error:
        raise StorageFailed(f"{name} cannot be {done}: {error}") from error
