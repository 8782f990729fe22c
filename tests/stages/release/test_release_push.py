"""`silverprint release push`: what is said before, what arrives at the Hub, and what never does."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from silverprint import cli, layout, taken_back
from silverprint.adapters.huggingface import hub
from silverprint.campaign import release_versions
from silverprint.config import Params
from silverprint.records import MANIFEST
from silverprint.stages import release
from silverprint.store import tables
from tests.helpers import hub_server, needs, release_campaign

pytestmark = pytest.mark.slow

needs.module("huggingface_hub", "make extras-env")

NAME = "ada/clothes"


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, bool]]:
    """What a Hub that has no repository yet was given."""
    found: list[tuple[str, int, bool]] = []

    def push(folder: Path, repository: str, *, version: int, private: bool) -> str:
        assert folder == layout.RELEASE
        found.append((repository, version, private))
        return f"https://hub.example/datasets/{repository}/tree/v{version}"

    monkeypatch.setattr(hub, "push", push)
    monkeypatch.setattr(hub, "is_private", lambda _: None)
    return found


@pytest.mark.usefixtures("released")
def test_a_release_is_private_unless_somebody_says_otherwise(
    pushed: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["release", "push", NAME, "--yes"]) == 0
    assert cli.main(["release", "push", NAME, "--yes", "--public"]) == 0
    assert pushed == [(NAME, 1, True), (NAME, 1, False)]
    said = capsys.readouterr().err
    assert f"to {NAME} (private), as its whole content, with the tag v1" in said
    assert f"to {NAME} (public)" in said
    assert f"v1 is at https://hub.example/datasets/{NAME}/tree/v1" in said


@pytest.mark.usefixtures("released")
def test_a_dry_run_asks_nobody(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("push", "is_private"):
        monkeypatch.delattr(hub, name)
    assert cli.main(["release", "push", NAME, "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "v1: " in said
    assert "licences: " in said
    assert "nothing was uploaded" in said


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("notaname", "it does not say whose the repository is; name it OWNER/NAME"),
        ("a/b/c", "name it OWNER/NAME"),
        ("ada/clo thes", "name it OWNER/NAME"),
        ("ada/clothes.git", "name it OWNER/NAME"),
    ],
)
def test_a_dry_run_refuses_what_names_no_repository(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["release", "push", name, "--dry-run"]) == 64
    assert said in capsys.readouterr().err


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


TRAIN = "parquet/train-00000-of-00001.parquet"


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("options", [["--dry-run"], ["--yes"]])
@pytest.mark.parametrize(
    ("damage", "name", "said"),
    [
        (Path.unlink, TRAIN, "it is lost: SHA256SUMS names it"),
        (_cut, TRAIN, "it is not the file that was released"),
        (_flip, TRAIN, "it is not the file that was released"),
        (Path.unlink, "imagefolder/train.csv", "it is lost: SHA256SUMS names it"),
        (Path.touch, "imagefolder/train/notes.txt", "it is no file of this release"),
        (Path.unlink, "SHA256SUMS", "it has no SHA256SUMS"),
    ],
)
def test_what_is_not_the_release_is_not_pushed(
    pushed: list[tuple[str, int, bool]],
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
    name: str,
    said: str,
    options: list[str],
) -> None:
    damage(layout.RELEASE / name)
    assert cli.main(["release", "push", NAME, *options]) == 65
    found = capsys.readouterr().err
    assert said in found
    assert "silverprint repro" in found
    assert not pushed


@pytest.mark.usefixtures("released")
def test_a_release_of_another_version_is_not_pushed(
    pushed: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its files are whole, and not those of the version that would be its tag."""
    _relabel_one()
    assert cli.main(["release", "push", NAME, "--yes"]) == 65
    assert "its Parquet files do not hold the pictures and labels of v2" in capsys.readouterr().err
    assert not pushed


def _relabel_one() -> None:
    """v2 in the ledger: one label of v1 is another."""
    rows = release_versions.held(1)
    first = pl.int_range(pl.len()) == 0
    other = rows["label"].filter(rows["label"] != rows["label"][0])[0]
    changed = rows.with_columns(label=pl.when(first).then(pl.lit(other)).otherwise("label"))
    release_versions.record(release_versions.of(changed, "r03"))


@pytest.mark.usefixtures("released")
def test_without_a_word_nothing_goes_out(
    pushed: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["release", "push", NAME]) == 64
    assert "nobody is here to confirm it; give --yes" in capsys.readouterr().err
    assert not pushed


@pytest.mark.usefixtures("released")
def test_withdrawn_pictures_never_go_out(
    pushed: list[tuple[str, int, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    gone = release_campaign.split("train")["image_id"][0]
    layout.TAKEDOWNS.write_text(f"image_id,kind,target,why,at\n{gone},image,{gone},asked,2026-01-01T00:00:00+00:00\n")
    assert cli.main(["release", "push", NAME, "--yes"]) == 65
    assert "it holds 1 picture withdrawn since; run: silverprint repro" in capsys.readouterr().err
    assert not pushed


@pytest.mark.usefixtures("released")
def test_what_a_contributor_took_back_never_goes_out(
    pushed: list[tuple[str, int, bool]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = release_campaign.split("train")["image_id"][0]
    monkeypatch.setattr(taken_back, "unheeded", lambda _: [gone])
    assert cli.main(["release", "push", NAME, "--yes"]) == 65
    assert "1 of its pictures were taken back; run: silverprint contribute withdraw" in capsys.readouterr().err
    assert not pushed


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("is_public", [True, False])
def test_pictures_without_a_licence_do_not_become_public(
    pushed: list[tuple[str, int, bool]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_public: bool,
) -> None:
    """Neither by the option, nor because the repository is public already."""
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    unknown = pl.when(pl.col("image_id") == release_campaign.split("train")["image_id"][0]).then(None)
    tables.write(manifest.with_columns(license=unknown.otherwise("license")), layout.MANIFEST, MANIFEST)
    monkeypatch.setattr(hub, "is_private", lambda _: False if is_public else None)
    assert cli.main(["release", "push", NAME, "--yes", *([] if is_public else ["--public"])]) == 64
    assert "1 picture without a known licence would be there for everybody to fetch" in capsys.readouterr().err
    assert not pushed


@pytest.mark.usefixtures("params")
def test_nothing_released_yet_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["release", "push", NAME, "--yes"]) == 69
    assert "nothing is released yet" in capsys.readouterr().err


def _push(address: str, token: str = hub_server.TOKEN, name: str = NAME) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the Hub's library reads its environment once."""
    environment = os.environ | {
        "HF_ENDPOINT": address, "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(Path.cwd() / "hf"),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "silverprint", "release", "push", name, "--yes"],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow  # a process for each push
def test_what_arrives_is_the_release_and_a_second_version_replaces_it(released: Params) -> None:
    needs.module("huggingface_hub", "make extras-env")

    def files() -> dict[str, bytes]:
        return {
            path.relative_to(layout.RELEASE).as_posix(): path.read_bytes()
            for path in layout.RELEASE.rglob("*")
            if path.is_file()
        }

    with hub_server.serving() as server:
        assert (done := _push(server.address)).returncode == 0, done.stderr
        there = server.repositories[NAME]
        first = files()
        assert (there.private, there.files, there.tags) == (True, first, {"v1": first})
        assert hub_server.TOKEN not in done.stderr + done.stdout
        uploads = server.uploads
        assert (done := _push(server.address)).returncode == 0, done.stderr
        assert server.uploads == uploads, "what is there is not uploaded again"
        assert "moves" not in done.stderr

        release.run(replace(released, release=replace(released.release, formats=("parquet", "csv"))))
        assert (done := _push(server.address)).returncode == 0, done.stderr
        assert f"{NAME}: the tag v1 moves from commit " in done.stderr
        assert there.tags == {"v1": files()}
        assert files().keys() != first.keys()
        first = files()

        gone = release_campaign.split("train")["image_id"][0]
        layout.TAKEDOWNS.write_text(
            f"image_id,kind,target,why,at\n{gone},image,{gone},asked,2026-01-01T00:00:00+00:00\n"
        )
        release.run(released)
        assert (done := _push(server.address)).returncode == 0, done.stderr
        assert there.files == files() != first
        assert there.tags == {"v1": first, "v2": files()}
        assert "withdrawn of earlier versions: 1 picture" in done.stderr


@pytest.mark.slow  # a process for each push
@pytest.mark.usefixtures("released")
def test_what_the_hub_refuses_is_one_line() -> None:
    needs.module("huggingface_hub", "make extras-env")
    with hub_server.serving() as server:
        _is_one_line(_push(server.address, token="hf_wrong"), 77, "the Hub answers 401; set HF_TOKEN")
        _is_one_line(_push(server.address, name="no/such/name"), 64, "name it OWNER/NAME")
        server.fails["commit"] = 422
        _is_one_line(_push(server.address), 69, "the Hub answers 422: no, says commit; run this again")
        server.fails.clear()
        assert _push(server.address).returncode == 0
    _is_one_line(_push(server.address), 69, "the Hub is not reached")


def _is_one_line(done: subprocess.CompletedProcess[str], code: int, said: str) -> None:
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
