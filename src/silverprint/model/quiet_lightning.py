"""Lightning without its advice, for whatever runs a Trainer."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Lightning without its advice on data loaders, loggers and accelerators, and interrupted as Python is."""
    log = logging.getLogger("pytorch_lightning")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SystemExit:  # Lightning's reaction to Ctrl-C
        raise KeyboardInterrupt from None
    finally:
        log.setLevel(level)
