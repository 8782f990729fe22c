"""Two campaigns on the one Label Studio of their user; and one with a server of its own that moves there."""

import json
import shutil
from pathlib import Path

import pytest

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import Task
from silverprint.commands import people_states, studio
from silverprint.commands.studio import move, server
from silverprint.errors import UnavailableError, UsageError
from silverprint.store.server_home import STUDIO
from tests.adapters.labelstudio.conftest import find, free_port, inside, open_project, person

JPEG = b"\xff\xd8 a picture"


@pytest.fixture
def campaigns(tmp_path: Path) -> tuple[Path, Path]:
    """Folders of two campaigns, nothing in them."""
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
    return tmp_path / "cats", tmp_path / "dogs"


def serve(campaign: str) -> tuple[Studio, int]:
    """A project of the campaign that is here, asking about a picture that it serves."""
    house, media = Studio.connect(), layout.SERVING / campaign / "r01"
    project = open_project(house, "r01", share=False)
    house.rename_campaign(project, campaign)
    house.share(project, media)
    (media / "1.jpg").write_bytes(JPEG)
    house.push(project, [Task.single("1", house.image_url(media / "1.jpg"), 2)])
    return house, project.id


@pytest.mark.slow
def test_two_campaigns_share_a_server_and_neither_takes_it_from_the_other(initialised, campaigns, capsys):
    cats, dogs = campaigns
    shutil.copytree(initialised / "var/studio", STUDIO.shared)
    shutil.copytree(initialised / "var/people", cats / "var/people")
    with inside(cats):
        studio.up(free_port())
        try:
            pid = background_server.read_running(server.service())["pid"]
            house, asked = serve("cats")
            with inside(dogs):
                with pytest.raises(UnavailableError, match=r"does not use.*silverprint studio up"):
                    Studio.connect()
                studio.up()
                assert background_server.read_running(server.service())["pid"] == pid
                assert f"serves cats ({cats})" in capsys.readouterr().err
                other, other_asked = serve("dogs")
                assert (other.url, other.people()) == (house.url, house.people())
                assert find(other, "dogs", "r01").id == other_asked != asked
            ada = person(house, "ada")
            for name in ("cats", "dogs"):
                answer = ada.http.get(f"/data/local-files/?d={name}/r01/1.jpg")
                assert (answer.status_code, answer.content) == (200, JPEG)

            people_states.pause(None, "ada", "a holiday")  # for one of the two
            assert f"for dogs ({dogs}) asks there too" in capsys.readouterr().err
            assert ada.http.get(f"/api/projects/{other_asked}/next").status_code == 200

            studio.down()
            assert f"goes on, for dogs ({dogs}) uses it" in capsys.readouterr().err
            with pytest.raises(UnavailableError, match="no longer"):
                Studio.connect()
            with inside(dogs):
                assert Studio.connect().people() == house.people()
                studio.down()
                assert not background_server.is_held(server.service())
        finally:
            studio.down(everyone=True)


@pytest.mark.slow
def test_a_server_of_one_s_own_moves_with_all_it_has(initialised, campaigns, capsys):
    old, _ = campaigns
    shutil.copytree(initialised / "var", old / "var")
    with inside(old):
        studio.up(port := free_port())
        try:
            house, _ = serve("cats")
            project = find(house, "cats", "r01")
            assert person(house, "ada").work(project) == ["1"]
            before, people = house.annotations(project), house.people()
            with pytest.raises(UsageError, match="runs, on data"):
                move.move()
            studio.down()
            kept = (layout.STUDIO / "data/admin.json").read_bytes()
            move.move()
            (aside,) = layout.VAR.glob("studio-before-*")
            assert (aside / "data/admin.json").read_bytes() == kept
            assert not STUDIO.is_own
            studio.up()
            again = Studio.connect()
            assert (again.url, again.server, again.people()) == (f"http://127.0.0.1:{port}", house.server, people)
            assert again.annotations(project) == before
            bo = person(again, "bo")
            assert bo.http.get("/data/local-files/?d=cats/r01/1.jpg").content == JPEG
            assert bo.work(project) == ["1"]
        finally:
            studio.down()


def keep(folder: Path) -> None:
    """What says that a Label Studio has data."""
    (folder / "data").mkdir(parents=True)
    (folder / "data/kept").write_text(str(folder))


def test_two_servers_with_data_stay_apart_and_an_open_round_stays_where_it_is(campaigns, capsys):
    with inside(campaigns[0]):
        with pytest.raises(UsageError, match="no Label Studio of its own"):
            move.move()
        keep(layout.STUDIO)
        keep(STUDIO.shared)
        state = {"round": "r01", "prev": "start", "status": "waiting", "campaign": "cats", "server": "s"}
        layout.round_dir("r01").mkdir(parents=True)
        layout.state("r01").write_text(json.dumps(state | {"queue_sha256": "q", "classes": ["cat", "dog"]}))
        with pytest.raises(UsageError, match=r"r01 is asked on this campaign's own.*close the round first"):
            move.move()
        assert STUDIO.is_own
        layout.state("r01").unlink()
        move.move()
        (aside,) = layout.VAR.glob("studio-before-*")
        assert (aside / "data/kept").read_text() == str(layout.STUDIO)
        assert (STUDIO.folder / "data/kept").read_text() == str(STUDIO.shared)
        assert str(aside) in capsys.readouterr().err


def test_a_second_campaign_of_one_name_is_refused(campaigns, monkeypatch):
    cats, dogs = campaigns
    monkeypatch.setattr(studio.server, "start", lambda _port: None)
    monkeypatch.setattr(studio.environment, "ready", lambda: None)
    (dogs / "cats").mkdir()
    with inside(cats):
        studio.up()
    with inside(dogs / "cats"), pytest.raises(UsageError, match=rf"{cats} has that name.*another name.*--own"):
        studio.up()
    cats.rmdir()
    monkeypatch.setattr(studio.sharing, "set_aside", lambda gone: pytest.fail(str(gone)) if gone.is_there else None)
    with inside(dogs / "cats"):
        studio.up()
