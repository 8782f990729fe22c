"""Servers of a user: whose data they have, which campaigns use them, and where they find pictures."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint import layout
from silverprint.errors import ConfigError
from silverprint.store import server_home, server_users
from silverprint.store.server_home import STUDIO, TRACKING


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two campaigns; the working directory is the first."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "a")
    return tmp_path / "a", tmp_path / "b"


@pytest.mark.parametrize("home", [STUDIO, TRACKING], ids=["studio", "mlflow"])
def test_a_campaign_with_data_of_its_own_keeps_them(folders, home):
    assert (home.is_own, home.folder) == (False, server_home.user_data() / home.name)
    home.own.mkdir(parents=True)
    (home.own / "lock").touch()
    assert not home.is_own
    (home.own / "server.json").touch()
    assert (home.is_own, home.folder) == (True, home.own)


def test_the_user_s_data_are_where_the_specification_says(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert server_home.user_data() == Path.home() / ".local/share/silverprint"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert server_home.user_data() == Path("/data/silverprint")


@settings(max_examples=6)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=3, max_size=6))
def test_who_joined_and_did_not_leave_uses_it(tmp_path_factory, steps):
    root, here = tmp_path_factory.mktemp("users"), Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(root / "home"))
        using: dict[str, bool] = {}
        for name, joins in steps:
            (root / name).mkdir(exist_ok=True)
            patch.chdir(root / name)
            with server_users.alone(STUDIO):
                if joins:
                    server_users.join(STUDIO, name)
                else:
                    server_users.leave(STUDIO)
            if joins or name in using:
                using[name] = joins
            found = {user.campaign: user.is_up for user in server_users.known(STUDIO)}
            assert found == using
            assert {one.campaign for one in server_users.others(STUDIO)} == using.keys() - {name}
        patch.chdir(here)


def server(home, campaign: str) -> int:
    """A server of the user's that this campaign uses, as a lock that somebody holds: its descriptor."""
    with server_users.alone(home):
        server_users.join(home, campaign)
    descriptor = os.open(home.shared / server_home.LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


@pytest.mark.parametrize("everyone", [False, True])
def test_a_server_stops_once_nobody_uses_it_or_for_all(folders, monkeypatch, everyone):
    stopped = []
    assert not STUDIO.is_running
    descriptor = server(STUDIO, "a")
    assert STUDIO.is_running
    monkeypatch.chdir(folders[1])
    with server_users.alone(STUDIO):
        server_users.join(STUDIO, "b")
    goes_on = server_users.down(STUDIO, everyone, lambda: stopped.append("b"))
    assert (goes_on, stopped) == (("", ["b"]) if everyone else (f"a ({folders[0]})", []))
    assert [user.is_up for user in server_users.known(STUDIO)] == [not everyone, False]
    monkeypatch.chdir(folders[0])
    assert server_users.down(STUDIO, False, lambda: stopped.append("a")) == ""
    assert stopped[-1] == "a"
    os.close(descriptor)
    assert not STUDIO.is_running


def test_who_waits_for_another_campaign_hears_of_it(folders, monkeypatch):
    said, held, told = [], Event(), Event()

    def holds() -> None:
        with server_users.alone(STUDIO):
            held.set()
            told.wait(60)

    monkeypatch.setattr(server_users, "say", lambda line: (said.append(line), told.set()))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(holds)
        assert held.wait(60)
        with server_users.alone(STUDIO):
            pass
    assert said[0].startswith("another campaign is starting or stopping the same server")


def test_secrets_and_the_list_are_their_user_s_alone(folders):
    with server_users.alone(STUDIO):
        server_users.join(STUDIO, "a")
    assert STUDIO.shared.stat().st_mode & 0o077 == 0
    assert (STUDIO.shared / "campaigns.json").stat().st_mode & 0o777 == 0o600


def test_pictures_are_found_by_the_campaign_s_name_and_never_another_s(folders, monkeypatch):
    server_home.serve("pets")
    link = server_home.served_root() / "pets"
    (layout.SERVING / "pets/r01").mkdir(parents=True)
    (layout.SERVING / "pets/r01/1.jpg").write_text("of a")
    assert (link / "r01/1.jpg").read_text() == "of a"
    server_home.serve("pets")
    monkeypatch.chdir(folders[1])
    with pytest.raises(ConfigError, match="another campaign of this name"):
        server_home.serve("pets")
    folders[0].rename(folders[0].with_name("elsewhere"))
    server_home.serve("pets")
    assert link.resolve() == (folders[1] / layout.SERVING / "pets").resolve()
