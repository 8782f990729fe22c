"""Database of the server that `silverprint studio up` runs here."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from silverprint import layout
from silverprint.adapters.labelstudio import local_server
from silverprint.errors import UnavailableError

_PATIENCE_S: Final = 30.0  # time to wait for a server that is writing
PATH: Final = layout.STUDIO / "data" / local_server.DATABASE


@contextmanager
def connect(failed: str) -> Iterator[sqlite3.Connection]:
    """A connection, while the server runs or not.

    Args:
        failed: what it means, in words, if the database cannot be used.

    Raises:
        UnavailableError: it is not readable, or stays locked.
    """
    try:
        with closing(sqlite3.connect(f"{PATH.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_S)) as database:
            yield database
    except sqlite3.Error as error:
        remedy = "run: silverprint studio down, then: silverprint studio up"
        raise UnavailableError(str(PATH), f"{failed} ({error})", remedy) from None
