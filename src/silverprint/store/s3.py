"""S3 access. Credentials and endpoint come from the environment or AWS's own files only."""

import errno
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import polars as pl

from silverprint.errors import NotAllowedError, SilverprintError, UnavailableError
from silverprint.records import RAW, empty
from silverprint.store import tables
from silverprint.store.shards.names import is_index

SCHEME: Final = "s3://"
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
    """Sources' folders below S3 prefixes. Addresses are s3://bucket/prefix, without a slash at the end."""

    @property
    def _system(self) -> Any:
        return _client(tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_"))))

    def sources(self, address: str) -> list[str]:
        """`address` itself where it holds parts, else the prefixes below it.

        Raises:
            UnavailableError: nothing is there.
        """
        found = self._listed(address)
        below = sorted(f"{SCHEME}{entry['name']}" for entry in found if entry["type"] == "directory")
        return [address] if not below or any(is_index(entry["name"]) for entry in found) else below

    def index(self, address: str) -> pl.DataFrame:
        """The rows (columns RAW) of all parts of a source."""
        keys = sorted(entry["name"] for entry in self._listed(address) if is_index(entry["name"]))
        found: dict[str, bytes] = call(address, lambda: self._system.cat(keys, on_error="raise")) if keys else {}
        parts = [tables.parse(found[key], f"{SCHEME}{key}", RAW, "copy it there again") for key in keys]
        return pl.concat(parts) if parts else empty(RAW)

    def ranges(self, wanted: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """The bytes of each (address, start, end), asked for all at once; fewer where the object is shorter."""
        addresses, starts, ends = map(list, zip(*wanted, strict=True))

        def ask() -> list[bytes]:
            found = self._system.cat_ranges(addresses, starts, ends, on_error="return")
            return [_or_nothing(data) for data in found]

        return list(call(addresses[0], ask))

    def _listed(self, address: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call(address, lambda: self._system.ls(address, detail=True))
        return found


@lru_cache(1)
def _client(_: tuple[tuple[str, str], ...]) -> Any:
    """One for all who read in this process: to make one reads S3's service model for a quarter second."""
    import s3fs

    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


def _or_nothing(found: bytes | Exception) -> bytes:
    """What a range holds: nothing, where it begins behind the object's end."""
    if isinstance(found, OSError) and found.errno == errno.EINVAL:
        return b""
    if isinstance(found, Exception):
        raise found
    return found
