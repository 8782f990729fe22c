"""silverprint doctor: do the shards hold what their indexes say? Mends what a kill left; names what it cannot mend."""

from silverprint import layout
from silverprint.config import Params
from silverprint.console import say, track
from silverprint.errors import DataError, UnavailableError, restored
from silverprint.store.inspection import Fault, inspect


def run(params: Params, mend: bool) -> None:
    """Reads every shard of every source that is on this disk.

    Raises:
        DataError: faults are left.
        UnavailableError: no source is on this disk.
    """
    here = [source for source in params.sources if layout.raw(source).is_dir()]
    for source in params.sources.keys() - set(here):
        say(f"{layout.raw(source)} is not on this disk: dvc pull {layout.raw(source)}")
    if not here:
        raise UnavailableError("data/raw", "no source is on this disk", "run: dvc pull, or dvc repro")
    left: list[tuple[str, Fault]] = []
    for source in track(here, "reading shards", total=len(here)):
        for fault in inspect(layout.raw(source)):
            say(f"{fault.path}: {fault.what}")
            if fault.leftover and mend:
                fault.path.unlink()
                say(f"{fault.path}: removed")
            else:
                left.append((source, fault))
    if left:
        source, first = left[0]
        remedy = "run: silverprint doctor --mend" if first.leftover else restored(layout.raw(source))
        raise DataError(str(first.path), f"{first.what} (1 of {len(left)} faults)", remedy)
    say(f"{', '.join(here)}: every picture is where its index says, with the bytes that were stored")
