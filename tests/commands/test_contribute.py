"""The commands around the contributors' page: links, what was given, and settings that cannot be."""

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from silverprint import cli, config, layout, yamltext
from silverprint.adapters import background_server
from silverprint.adapters.contribute import invite_notes
from silverprint.adapters.contribute.invites import signer
from silverprint.campaign import crowd_steps, first_steps
from silverprint.contribute_page import SERVICE
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError
from tests.helpers.crowd import THEME, add_crowd, pattern, running

pytestmark = pytest.mark.usefixtures("project", "started")


@pytest.fixture
def started(project: Path) -> None:
    """The page was up once, so its address is known."""
    background_server.add_facts(SERVICE, url="http://127.0.0.1:8090", port=8090)


def run(*words: str) -> int:
    return cli.main(["contribute", *words])


def test_links_are_signed_for_a_theme_a_number_and_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    assert run("invite", "crowd", "--pictures", "7", "--days", "2", "--links", "3") == 0
    shown = capsys.readouterr()
    links = shown.out.split()
    assert len(set(links)) == 3
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() + 2 * 86_400))
    assert f"each of 3 links is good for 7 pictures, until {day}" in shown.err
    for link in links:
        address, _, token = link.rpartition("/i/")
        invite = signer().read_invite(token)
        assert address == "http://127.0.0.1:8090"
        assert invite is not None
        assert (invite.source, invite.theme, invite.quota) == ("crowd", "birds", 7)
        assert 0 < invite.until - time.time() <= 2 * 86_400


def test_links_need_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    SERVICE.file.unlink()
    assert run("invite", "crowd") == 69
    assert "start it first: silverprint contribute up" in capsys.readouterr().err


def test_links_lead_to_the_proxy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    monkeypatch.setenv("SILVERPRINT_CONTRIBUTE_URL", "https://pictures.example.org/")
    assert run("invite", "crowd") == 0
    assert capsys.readouterr().out.startswith("https://pictures.example.org/i/")
    monkeypatch.setenv("SILVERPRINT_CONTRIBUTE_URL", "pictures.example.org")
    assert run("invite", "crowd") == 78


def test_secrets_and_names_are_for_the_owner_alone_and_not_in_git() -> None:
    add_crowd()
    assert run("invite", "crowd", "--for", "Ada <ada@example.org>") == 0
    with running():
        pass
    assert list(invite_notes.read().values()) == ["Ada <ada@example.org>"]
    for path, mode in (
        (layout.CONTRIBUTE / "secret", 0o600),
        (layout.CONTRIBUTE / "notes.json", 0o600),
        (layout.INBOX, 0o700),
        (layout.inbox("crowd"), 0o700),
        (layout.inbox("crowd") / "journal", 0o600),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path
    assert (layout.INBOX / ".gitignore").read_text() == "*\n"


def test_nothing_is_signed_or_served_with_an_empty_secret(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    layout.CONTRIBUTE.joinpath("secret").touch()
    for words in (("up",), ("invite", "crowd"), ("status",)):
        assert run(*words) == 78
        assert "var/contribute/secret: has 0 characters" in capsys.readouterr().err


def test_status_and_forget(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    run("invite", "crowd", "--for", "Ada")
    token = capsys.readouterr().out.split()[0].rpartition("/i/")[2]
    with running() as crowd:
        assert crowd.person(token).agree().give(pattern(1))["state"] == "taken"
    assert run("status", "--json") == 0
    told = json.loads(capsys.readouterr().out)["crowd"]
    (row,) = told["contributors"]
    assert (row["theme"], row["given"], row["for"]) == ("birds", 1, "Ada")
    assert told["themes"] == [{"theme": "birds", "wanted": 20, "given": 1, "in the inbox": 1}]
    assert told["next"] == ["pictures that wait in the inbox: 1; silverprint repro"]
    layout.raw("crowd").mkdir(parents=True)  # its stage ran: it runs again for another revision alone
    assert run("status", "--json") == 0
    told = json.loads(capsys.readouterr().out)["crowd"]
    assert told["next"] == ["pictures that wait in the inbox: 1; raise sources.crowd.revision, then silverprint repro"]
    assert run("forget", row["contributor"]) == 64  # nobody is here to confirm it
    assert run("forget", row["contributor"], "--yes") == 0
    assert run("forget", "0123456789", "--yes") == 64
    assert invite_notes.read() == {}
    assert run("status") == 0
    assert row["contributor"] in capsys.readouterr().out


def test_status_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    assert run("status") == 0
    assert "nobody has agreed to give pictures yet; hand out links: silverprint contribute invite crowd" in " ".join(
        capsys.readouterr().out.split()
    )
    SERVICE.file.unlink()
    assert run("status", "--json") == 0
    (step,) = json.loads(capsys.readouterr().out)["crowd"]["next"]
    assert step.endswith("hand out links: silverprint contribute up, then silverprint contribute invite crowd")


def test_what_is_no_crowd_or_theme_is_told() -> None:
    assert run("invite", "partner") == 64
    add_crowd(themes={"birds": THEME, "cats": THEME})
    assert run("invite", "crowd") == 64
    assert run("invite", "crowd", "--theme", "dogs") == 64
    assert run("invite", "crowd", "--theme", "cats") == 0
    assert run("down") == 0


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ({"license": "LicenseRef-mine"}, "is not in clean.licenses"),
        ({"consent": {"en": "Yes."}}, "all texts of a theme are in the same languages"),
        ({"good": [{"text": {"de": "Ja"}}]}, "good.0.text in de"),
        ({"title": {}}, "must not be empty"),
        ({"title": {"fr": "Oiseaux"}}, "themes.birds.title"),
        ({"wnated": 3}, "did you mean wanted"),
        ({"good": [{"txt": {"en": "x", "de": "x"}}]}, "did you mean text"),
        ({"wanted": 0}, "themes.birds.wanted = 0"),
    ],
)
def test_a_theme_that_cannot_be_is_told(theme: dict[str, Any], message: str) -> None:
    add_crowd(theme)
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        config.load()


def test_a_crowd_without_themes_and_an_example_that_is_none() -> None:
    add_crowd(themes={})
    with pytest.raises(ConfigError, match="a crowd is asked for something"):
        config.load()
    Path("no.jpg").write_text("no picture")
    add_crowd({"good": [{"text": {"en": "x", "de": "x"}, "picture": "no.jpg"}]})
    assert run("up") == 78


def test_a_link_that_went_astray_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    run("invite", "crowd", "--links", "2")
    shown = capsys.readouterr()
    astray, other = (line.rpartition("/i/")[2] for line in shown.out.split())
    assert "only this machine or house reaches http://127.0.0.1:8090" in shown.err
    assert run("end", f"http://127.0.0.1:8090/i/{astray}?language=de") == 0
    assert run("end", "http://127.0.0.1:8090/i/nobody-s") == 64
    with running() as crowd:
        assert crowd.person(astray).get().status_code == 410
        assert crowd.person(other).get().status_code == 200


def test_as_many_links_as_people_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd()
    assert run("invite", "crowd", "--links", "2", "--for", "Ann") == 64
    assert "--links 2: --for names 1" in capsys.readouterr().err
    assert run("invite", "crowd", "--links", "2", "--for", "Ann", "--for", "Bo") == 0


def test_a_campaign_to_which_only_people_give_is_sent_to_the_page_first(capsys: pytest.CaptureFixture[str]) -> None:
    add_crowd({"good": [{"text": {"en": "a", "de": "b"}, "picture": "examples/none.jpg"}]})
    text, document = (
        Path("params.yaml").read_text(),
        yamltext.mapping(Path("params.yaml").read_text(), Path("params.yaml")),
    )
    for name in document["sources"].keys() - {"crowd"}:
        text = yaml_edit.drop(text, ("sources", name))
    Path("params.yaml").write_text(text)
    assert cli.main(["source", "add", "crowd"]) == 0
    told = capsys.readouterr().err
    assert "go on: silverprint contribute up, then silverprint contribute invite crowd; once" in told
    assert "good.0.picture = 'examples/none.jpg': there is no such file" in told
    params = config.load()
    first = "silverprint contribute up, then silverprint contribute invite crowd (nobody has given a picture yet)"
    assert next(first_steps.lacking(params)) == crowd_steps.lacking(params) == first
    layout.raw("crowd").mkdir(parents=True)  # a false start
    assert crowd_steps.lacking(params) == first
    pictures = layout.inbox("crowd") / "pictures"
    pictures.mkdir(parents=True)
    (pictures / "a").touch()
    assert crowd_steps.lacking(params) == "raise sources.crowd.revision"
    (layout.raw("crowd") / "shard-00000.tar").touch()
    (pictures / "a").unlink()
    assert crowd_steps.lacking(params) is None
