"""Pictures that show contributors what is welcome and what is not: small copies, made once."""

from pathlib import Path
from typing import Final, TypeAlias

from silverprint.adapters.contribute.examine import look
from silverprint.config import Params
from silverprint.config.sources import CrowdSource
from silverprint.errors import ConfigError
from silverprint.imaging.decode import Undecodable
from silverprint.imaging.resource_limits import KNOWN, run_apart

KINDS: Final = ("good", "bad")
Examples: TypeAlias = dict[tuple[str, str, str, int], bytes]  # (source, theme, kind, place) -> JPEG


def crowds(params: Params) -> dict[str, CrowdSource]:
    """The sources that people give pictures to."""
    return {name: source for name, source in params.sources.items() if isinstance(source, CrowdSource)}


def read_examples(params: Params) -> Examples:
    """The small copy of every example that has a picture.

    Raises:
        ConfigError: a file is not there, or no picture.
    """
    found: Examples = {}
    for source, crowd in crowds(params).items():
        for theme, asked in crowd.themes.items():
            for kind in KINDS:
                for place, one in enumerate(getattr(asked, kind)):
                    if one.picture is not None:
                        where = f"sources.{source}.themes.{theme}.{kind}.{place}.picture = {one.picture!r}"
                        found[source, theme, kind, place] = _small(where, Path(one.picture), params)
    return found


def _small(where: str, path: Path, params: Params) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(where, f"cannot be read ({error.strerror})", "name a picture's file") from None
    try:
        return run_apart(look, data, int(params.measure.max_megapixels * 1_000_000), limits=KNOWN)[1]
    except Undecodable as error:
        raise ConfigError(where, f"cannot be decoded ({error.reason})", "name a picture's file") from None
