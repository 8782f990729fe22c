"""S3 access. Credentials and endpoint come from the environment or AWS's own files only."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from io import SEEK_SET, BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, Final

from silverprint.errors import NotAllowedError, SilverprintError, UnavailableError

SCHEME: Final = "s3://"
_PIECE: Final = 16 * 2**20  # bytes of one request
_AT_ONCE: Final = 4  # pieces of an object on their way
_BUFFER: Final = 1 << 20  # bytes
_SETTINGS: Final = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_ENDPOINT_URL"


def call(address: str, ask: Callable[[], Any]) -> Any:
    """What S3 answers; what its clients raise as our errors, their cause with them.

    Raises:
        UnavailableError: no such bucket or object, or no answer.
        NotAllowedError: it is closed to us.
    """
    from aiohttp import ClientError as LostConnection
    from botocore.exceptions import BotoCoreError, NoCredentialsError, PartialCredentialsError

    try:
        return ask()
    except FileNotFoundError as error:
        raise UnavailableError(address, "no such bucket or object", "fix the path") from error
    except (PermissionError, NoCredentialsError, PartialCredentialsError) as error:
        raise _closed(address, error) from error
    except (OSError, BotoCoreError, LostConnection, TimeoutError) as error:
        rule = f"S3 does not answer ({type(error).__name__}: {error})"
        raise UnavailableError(address, rule, f"try again; set {_SETTINGS} as the bucket needs it") from error


def _closed(address: str, error: Exception) -> SilverprintError:
    rule = f"access is denied ({error})"
    return NotAllowedError(address, rule, f"set what the bucket needs: {_SETTINGS}")


class Bucket:
    """Objects on S3. Addresses are s3://bucket/key; those of prefixes have no slash at the end.

    Every method raises as `call`. A request that fails for a moment (503 Slow Down, a lost connection) is repeated.
    """

    @property
    def _system(self) -> Any:
        return _client(tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_"))))

    def listed(self, address: str) -> list[dict[str, Any]]:
        """What lies directly below an address: `name`, without its scheme, and `type`."""
        found: list[dict[str, Any]] = call(address, lambda: self._system.ls(address, detail=True))
        return found

    def contents(self, address: str, names: Sequence[str]) -> dict[str, bytes]:
        """Objects below an address, whole, by their names as they were `listed`."""
        keys = list(names)
        found: dict[str, bytes] = call(address, lambda: self._system.cat(keys, on_error="raise")) if keys else {}
        return found

    def ranges(self, wanted: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """The bytes of each (address, start, end), asked for all at once; fewer where the object is shorter."""
        addresses, starts, ends = map(list, zip(*wanted, strict=True))

        def ask() -> list[bytes]:
            found = self._system.cat_ranges(addresses, starts, ends, on_error="return")
            return [_or_nothing(data) for data in found]

        return list(call(addresses[0], ask))

    def size(self, address: str) -> int | None:
        """Bytes of an object; None where there is none."""

        def ask() -> int | None:
            try:
                return int(self._system.info(address)["size"])
            except FileNotFoundError:
                return None

        found: int | None = call(address, ask)
        return found

    def upload(self, path: Path, address: str) -> None:
        """A file as an object, in pieces where it is large; it is there whole in the end, or not at all."""
        call(address, lambda: self._system.put_file(str(path), address, chunksize=_PIECE, max_concurrency=_AT_ONCE))

    def download(self, address: str, path: Path) -> None:
        """An object as a file."""
        call(address, lambda: self._system.get_file(address, str(path)))

    @contextmanager
    def opened(self, address: str) -> Iterator[BinaryIO]:
        """An object to read from its beginning, or at any place."""
        with call(address, lambda: self._system.open(address, "rb", block_size=_PIECE)) as handle:
            yield BufferedReader(_Answering(handle, address), _BUFFER)

    def below(self, address: str) -> list[tuple[str, int]]:
        """(address, bytes) of every object below a prefix."""
        found = call(address, lambda: self._system.find(address, detail=True))
        return [(f"{SCHEME}{name}", int(entry["size"])) for name, entry in found.items()]

    def versions(self, address: str) -> list[dict[str, str]]:
        """Every version of an object that the bucket keeps, marks of a deletion among them, as S3 wants them named."""
        name, _, key = address.removeprefix(SCHEME).partition("/")
        pages = call(address, lambda: self._system.call_s3("list_object_versions", Bucket=name, Prefix=key))
        return [
            {"Bucket": name, "Key": key, "VersionId": one["VersionId"]}
            for one in (*pages.get("Versions", ()), *pages.get("DeleteMarkers", ()))
            if one["Key"] == key
        ]

    def delete(self, address: str) -> bool:
        """Deletes an object with every version of it; whether there was one."""
        found = self.versions(address)
        for version in found:
            call(address, partial(self._system.call_s3, "delete_object", **version))
        return bool(found)


class _Answering(RawIOBase):
    """An object's bytes; what S3's clients raise while they are read comes as our errors."""

    def __init__(self, handle: Any, address: str) -> None:
        self._handle, self._address = handle, address

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return int(self._handle.seek(offset, whence))

    def tell(self) -> int:
        return int(self._handle.tell())

    def readinto(self, buffer: Any) -> int:
        data = call(self._address, lambda: self._handle.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)


@lru_cache(1)
def _client(_: tuple[tuple[str, str], ...]) -> Any:
    """One for all who read in this process: to make one reads S3's service model for a quarter second."""
    import s3fs
    from s3fs.core import set_custom_error_handler

    set_custom_error_handler(_passes)
    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


def _passes(error: Exception) -> bool:
    """Whether a request is worth repeating: S3's trouble, which an answer to HEAD tells by its status alone."""
    response = getattr(error, "response", None) or {}
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500


def _or_nothing(found: bytes | Exception) -> bytes:
    """What a range holds: nothing, where it begins behind the object's end."""
    if isinstance(found, OSError) and found.errno == errno.EINVAL:
        return b""
    if isinstance(found, Exception):
        raise found
    return found
