"""Steps of a crowd that no stage does: its pages come first, and example pictures that these show are to be there."""

from collections.abc import Iterator
from pathlib import Path

from silverprint import layout
from silverprint.config import CrowdSource, Params


def first(params: Params, name: str) -> str:
    """How the first pictures come to a crowd."""
    crowd = params.sources[name]
    several = isinstance(crowd, CrowdSource) and len(crowd.themes) > 1
    return f"silverprint contribute up, then silverprint contribute invite {name}{' --theme NAME' if several else ''}"


def lacking(params: Params) -> str | None:
    """What comes before `silverprint repro` reads the first picture of a campaign to which only people give any."""
    if not all(isinstance(source, CrowdSource) for source in params.sources.values()):
        return None
    waiting = [name for name in params.sources if _waits(name)]
    if not waiting and not any(any(layout.raw(name).glob("shard-*")) for name in params.sources):
        return f"{first(params, next(iter(params.sources)))} (nobody has given a picture yet)"
    early = [f"raise sources.{name}.revision" for name in waiting if layout.raw(name).is_dir()]
    return " and ".join(early) or None  # their stages ran before there was anything


def hints(params: Params) -> Iterator[str]:
    """A sentence for each example picture that is not there; `contribute up` also decodes them."""
    for name, source in params.sources.items():
        for title, theme in source.themes.items() if isinstance(source, CrowdSource) else ():
            for kind in ("good", "bad"):
                for place, one in enumerate(getattr(theme, kind)):
                    if one.picture is not None and not Path(one.picture).is_file():
                        where = f"sources.{name}.themes.{title}.{kind}.{place}.picture = {one.picture!r}"
                        yield f"{where}: there is no such file, and contribute up shows contributors nothing before"


def _waits(name: str) -> bool:
    """Whether a picture waits in the inbox."""
    folder = layout.inbox(name) / "pictures"
    return folder.is_dir() and any(folder.iterdir())
