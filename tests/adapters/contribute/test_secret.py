"""The secret that signs links, sessions and codes: whole or absent, and never one that others could guess."""

import errno
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.adapters.contribute.invites import signer
from silverprint.errors import ConfigError, DiskError
from silverprint.store import files


@contextmanager
def full_disk() -> Iterator[None]:
    def no_space(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files.os, "fsync", no_space)
        yield


def test_a_full_disk_leaves_no_secret_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "contribute" / "secret"
    for _ in range(2):
        with full_disk(), pytest.raises(DiskError):
            signer(path)
        assert list(path.parent.iterdir()) == []
    made = signer(path).completion("ada")
    assert made == signer(path).completion("ada")
    assert len(path.read_text()) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_several_that_make_it_at_once_make_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: signer(tmp_path / "secret").completion("ada"), range(32)))) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


@settings(max_examples=25)
@given(st.text("0123456789abcdef \n", max_size=63))
def test_a_short_secret_is_refused_with_what_a_new_one_costs(
    tmp_path_factory: pytest.TempPathFactory, said: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "secret"
    path.write_text(said)
    with pytest.raises(ConfigError, match=r"others could guess it.*ends every link and session"):
        signer(path)
    assert path.read_text() == said


def test_a_longer_one_of_the_lead_s_own_is_taken(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 80 + "\n")
    assert signer(tmp_path / "secret").completion("ada") == signer(tmp_path / "secret").completion("ada")
