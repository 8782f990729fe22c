"""Root of a campaign: the folder that has its dvc.yaml, from which all of its files are named."""

from pathlib import Path

from silverprint import layout


def find(here: Path) -> Path | None:
    """`here`, or the nearest folder above it that has a dvc.yaml; None where none has."""
    return next((folder for folder in (here, *here.parents) if (folder / layout.PIPELINE).exists()), None)
