"""Weights of a round's model: a file of tensors alone, whose bytes and whose digest come from them and nothing else."""

import hashlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.store import files

_Model = TypeVar("_Model")


def digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the tensors and their names, whatever their order."""
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(name.encode())
        found.update(tensor.contiguous().numpy().tobytes())
    return found.hexdigest()


def write(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """The same tensors always give the same bytes."""
    buffer = BytesIO()  # torch.save writes a path's name into the file
    torch.save(tensors, buffer)
    files.write_bytes(path, buffer.getvalue())


def read(path: Path, what: str, make: Callable[[Any], _Model]) -> _Model:
    """What `make` makes of the tensors in the file.

    Args:
        what: the kind of model, for the message.
        make: may raise what it likes where they are not what it needs.

    Raises:
        UnavailableError: there is none.
        DataError: it is not readable, or `make` does not take it.
    """
    try:
        return make(torch.load(path, weights_only=True, map_location="cpu"))
    except FileNotFoundError:
        remedy = f"run: dvc pull {path.parent}, or silverprint repro"
        raise UnavailableError(str(path), "the model is not there", remedy) from None
    except Exception as error:  # torch.load fails in more ways than it names
        rule = f"not a readable {what} ({type(error).__name__})"
        raise DataError(str(path), rule, restore_remedy(path.parent)) from None
