"""Guard of persisted outputs: a stage never starts empty where dvc.lock knows an output that is not on this disk."""

from pathlib import Path
from typing import Final

from silverprint.dvcfiles import lock, purged_objects
from silverprint.errors import UnavailableError

REPRO: Final = "silverprint repro"


def require_pulled(*outputs: Path, command: str = "dvc pull") -> None:
    """Refuses to go on where an output is known to dvc.lock and absent from the disk.

    Raises:
        UnavailableError: the first such output, with the command that restores it.
    """
    known = known_outputs()
    for output in outputs:
        if str(output) in known and not output.exists():
            if at := purged_objects.when(known[str(output)]):
                rule = f"this version of it was purged on {at}, for a picture in it was taken down"
                raise UnavailableError(str(output), rule, "go on from a commit after that: git log -- data/purged.csv")
            rule = "dvc.lock knows this output and it is not on this disk; going on would start it from nothing"
            raise UnavailableError(str(output), rule, f"run: {command} {output}")


def recovery_command(output: Path) -> str:
    """The command that restores an output which is not on this disk: one that was never made, or was purged, cannot be
    pulled.
    """
    md5 = known_outputs().get(str(output))
    return REPRO if md5 is None or purged_objects.when(md5) else f"dvc pull {output}"


def known_outputs() -> dict[str, str]:
    """Path -> MD5 of all outputs that dvc.lock records."""
    return {path: md5 for stage in lock.stages().values() for path, md5 in stage.outs.items()}
