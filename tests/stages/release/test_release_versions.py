"""Versions of the release: counted by content, kept, and compared."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from silverprint import cli, config, layout
from silverprint.campaign import git_merge_driver, ledgers, release_versions
from silverprint.config import Params
from silverprint.errors import DataError, UnavailableError
from silverprint.records import CLASS_CHANGES, LABELS, VOTES
from silverprint.stages import release
from silverprint.store import tables
from tests.helpers import browser
from tests.helpers.release_campaign import asking_less, split


def relabel(params: Params, image_id: str, label: str) -> None:
    path = layout.labels(params.last) / "labels.parquet"
    labels = tables.read(path, LABELS)
    changed = pl.when(pl.col("image_id") == image_id).then(pl.lit(label)).otherwise("label").alias("label")
    tables.write(labels.with_columns(changed), path, LABELS)


@pytest.fixture
def two(two_once: tuple[Path, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two versions: in the second one picture is withdrawn and one has another label."""
    folder, gone, other = two_once
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return gone, other


@pytest.fixture(scope="module")
def two_once(released_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder with the two versions, to be read only, and the pictures that are not as they were."""
    folder = tmp_path_factory.mktemp("two")
    shutil.copytree(released_once, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, *second_version(asking_less(config.load()))


def second_version(params: Params) -> tuple[str, str]:
    gone, other = split("train")["image_id"][:2]
    relabel(params, other, "bag" if label_of(params, other) != "bag" else "coat")
    line = f"{gone},image,{gone},asked,2026-01-01T00:00:00+00:00\n"
    layout.TAKEDOWNS.write_text("image_id,kind,target,why,at\n" + line)
    release.run(params)
    return gone, other


def label_of(params: Params, image_id: str) -> str:
    labels = tables.read(layout.labels(params.last) / "labels.parquet", LABELS)
    return str(labels.filter(image_id=image_id)["label"].item())


@pytest.mark.slow
def test_a_version_is_counted_where_the_content_changes_and_only_there(released: Params) -> None:
    release.run(released)
    release.run(replace(released, release=replace(released.release, formats=("parquet", "csv"))))
    (line,) = ledgers.read(layout.RELEASES).to_dicts()
    assert line["version"] == 1
    assert line["pictures"] == line["train"] + line["test"] + line["silver"] == release_versions.held(1).height
    assert line["added"] == line["removed"] == line["relabelled"] == line["moved"] == 0
    assert "This is v1 of" in (layout.RELEASE / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_ledger_and_the_card_say_what_changed(params: Params, two: tuple[str, str]) -> None:
    line = ledgers.read(layout.RELEASES).row(-1, named=True)
    assert (line["version"], line["added"], line["removed"], line["relabelled"]) == (2, 0, 1, 1)
    first = ledgers.read(layout.RELEASES).row(0, named=True)
    assert line["pictures"] == first["pictures"] - 1
    text = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    assert "| since v1 | pictures |" in text
    assert "| out | 1 |" in text
    assert "| relabelled | 1 |" in text
    assert f"→ {label_of(params, two[1])} (1)" in text


def test_a_diff_is_a_table_and_a_page_without_what_was_withdrawn(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert cli.main(["release", "diff", "v1", "2"]) == 0
    shown = capsys.readouterr()
    counted = dict(line.split() for line in shown.out.splitlines() if len(line.split()) == 2)
    assert {kind: counted[kind] for kind in ("added", "removed", "relabelled", "moved", "renamed")} == {
        "added": "0", "removed": "1", "relabelled": "1", "moved": "0", "renamed": "0",
    }  # fmt: skip
    page = (layout.RELEASE_DIFFS / "v1-v2.html").read_text(encoding="utf-8")
    assert page.count("<li><img") == 2
    assert f"Picture {two[0][:8]}" in page
    assert "http:" not in page.replace("http://www.w3.org", "")
    pictures = {part.split('"')[0] for part in page.split('src="')[1:]}
    assert len(pictures) == 2  # a placeholder, and a picture


@pytest.mark.browser
@pytest.mark.usefixtures("two")
def test_the_page_of_a_diff_fits_a_phone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["release", "diff", "v1", "2"]) == 0
    with browser.page(390, 844) as page:
        page.goto((layout.RELEASE_DIFFS / "v1-v2.html").resolve().as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert browser.accessibility_faults(page) == []


def rename(params: Params, old: str, new: str) -> Params:
    """The class has another name from now on, in each file that a release reads."""
    at = datetime.now(UTC) + timedelta(seconds=1)  # versions are dated to the second
    line = {"at": at.isoformat(timespec="microseconds"), "change": "rename", "before": old, "after": new, "why": "said"}
    tables.write_ledger(pl.DataFrame([line]), layout.CLASS_CHANGES, CLASS_CHANGES, ["at"])
    classes = tuple(new if name == old else name for name in params.dataset.classes)
    path = layout.labels(params.last) / "labels.parquet"
    labels = tables.read(path, LABELS)
    tables.write(labels.with_columns(pl.col("label").replace({old: new})), path, LABELS)
    card = layout.model(params.last) / "card.json"
    document = json.loads(card.read_text())
    card.write_text(json.dumps(document | {"classes": list(classes), "class_changes": [line["at"]]}))
    return replace(params, dataset=replace(params.dataset, classes=classes))


@pytest.mark.slow
def test_a_renamed_class_is_not_relabelled(released: Params, capsys: pytest.CaptureFixture[str]) -> None:
    before = release_versions.held(1)
    other = str(split("train")["image_id"][0])
    old = str(before.filter(pl.col("image_id") != other, split="train")["label"][0])
    label = next(name for name in ("bag", "coat") if name not in (old, label_of(released, other)))
    later = rename(released, old, "blouse")
    relabel(later, other, label)
    release.run(later)
    line = ledgers.read(layout.RELEASES).row(-1, named=True)
    named = before.filter(pl.col("image_id") != other, label=old).height
    assert (line["version"], line["relabelled"], line["renamed"], line["moved"]) == (2, 1, named, 0)
    assert f"| of a class that has another name | {named} |" in (layout.RELEASE / "README.md").read_text()
    changes = release_versions.changes(1, 2)
    assert set(changes.filter(change="renamed")["image_id"]) == set(
        before.filter(pl.col("image_id") != other, label=old)["image_id"]
    )
    capsys.readouterr()
    layout.PARAMS.write_text(layout.PARAMS.read_text().replace(f"{old}", "blouse"))
    assert cli.main(["release", "diff", "v1", "v2"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["renamed", str(named)] in lines
    assert [*old.split(), "blouse", str(named)] in lines
    page = (layout.RELEASE_DIFFS / "v1-v2.html").read_text(encoding="utf-8")
    assert "Renamed classes" in page
    assert f"{old} → blouse" in page


def test_a_line_of_an_earlier_version_knows_its_imported_labels(released: Params) -> None:
    line = ledgers.read(layout.RELEASES).row(0, named=True)
    assert line["imported"] == 0
    old = pl.DataFrame([line | {"pictures": line["pictures"] + 5}]).drop("imported", "renamed")
    layout.RELEASES.write_text(old.write_csv())
    (read,) = release_versions.ledger().to_dicts()
    assert (read["imported"], read["renamed"]) == (5, 0)


def test_back_is_the_same_changes_the_other_way(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["release", "diff", "v2", "v1"]) == 0
    assert "added 1" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        (["diff", "v1", "v1"], 64, "name two versions"),
        (["diff", "v1", "v9"], 64, "no such version of the release; known: v1, v2"),
        (["diff", "v1", "last"], 64, "'last' is no version: v1, v2, ..."),
        (["diff", "v1", "v0"], 64, "is no version"),
        (["diff", "v1"], 64, "required: VERSION"),
        (["--round", "r03", "diff", "v1", "v2"], 64, "diff: takes no --round"),
    ],
)
def test_a_mistake_is_a_line(
    two: tuple[str, str], typed: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert cli.main(["release", *typed]) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_a_version_whose_table_is_not_here_is_pulled(two: tuple[str, str]) -> None:
    layout.version(1).unlink()
    with pytest.raises(UnavailableError, match="dvc pull data/releases"):
        release_versions.held(1)
    shutil.copy(layout.version(2), layout.version(1))
    with pytest.raises(DataError, match=r"is not what data/releases\.csv knows as v1"):
        release_versions.held(1)


@pytest.mark.slow
def test_where_tables_are_lost_their_lines_are_removed(params: Params, two: tuple[str, str]) -> None:
    layout.version(2).unlink()
    relabel(params, split("train")["image_id"][0], "bag")
    relabel(params, split("train")["image_id"][1], "coat")
    before = layout.RELEASE.stat().st_ino
    with pytest.raises(UnavailableError, match=r"if it is lost, remove the line of v2 from data/releases\.csv"):
        release.run(params)
    assert layout.RELEASE.stat().st_ino == before
    head, _, second = layout.RELEASES.read_text().splitlines()
    layout.version(1).unlink()
    layout.RELEASES.write_text(f"{head}\n{second}\n")
    layout.TAKEDOWNS.write_text("image_id,kind,target,why,at\n")
    with pytest.raises(UnavailableError, match="v2"):
        release.run(params)
    layout.RELEASES.write_text(f"{head}\n")
    release.run(params)
    assert ledgers.read(layout.RELEASES)["version"].to_list() == [1]


@pytest.mark.slow
def test_a_kill_before_the_ledger_leaves_the_number_free(released: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    relabel(released, split("train")["image_id"][0], "bag")
    relabel(released, split("train")["image_id"][1], "coat")
    with monkeypatch.context() as patch:
        patch.setattr(tables, "write_ledger", interrupted)
        with pytest.raises(KeyboardInterrupt):
            release.run(released)
    assert ledgers.read(layout.RELEASES)["version"].to_list() == [1]
    release.run(released)
    assert ledgers.read(layout.RELEASES)["version"].to_list() == [1, 2]
    assert release_versions.held(2).height


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_one_version_of_two_clones_joins_and_two_conflict(two: tuple[str, str]) -> None:
    base, *_ = layout.RELEASES.read_text().partition("\n")
    first, second = layout.RELEASES.read_text().splitlines()[1:]
    later = first.replace(first.split(",")[1], "2999-01-01T00:00:00+00:00")
    other = first.replace(first.split(",")[3], "0" * 64)

    def merged(ours: str, theirs: str) -> git_merge_driver.Merged:
        texts = [f"{base}\n", f"{base}\n{ours}\n", f"{base}\n{theirs}\n"]
        return git_merge_driver.merge(*(text.encode() for text in texts), layout.RELEASES)

    assert merged(first, later).data.decode() == f"{base}\n{first}\n"
    assert merged(first, other).conflict is not None
    assert second not in merged(first, later).data.decode()


def test_annotators_and_rights_are_in_every_row(released: Params) -> None:
    rows = pl.concat([split(name) for name in ("train", "test")])
    votes = tables.read(layout.labels(released.last) / "votes.parquet", VOTES).filter(pl.col("status") == "valid")
    for image_id, n_votes, annotators, said in rows.select("image_id", "n_votes", "annotators", "votes").iter_rows():
        given = votes.filter(image_id=image_id).sort("annotator")
        assert json.loads(said) == dict(given.select("annotator", "choice").iter_rows())
        assert annotators.split(" ") == list(json.loads(said))
        assert len(annotators.split(" ")) == n_votes
    assert set(rows["robots"]) == {"allowed", "n/a"}
    assert {"contract", "consent", "reservation"} <= set(rows.columns)
    for name in ("annotators", "votes"):
        assert split("silver")[name].null_count() == split("silver").height
