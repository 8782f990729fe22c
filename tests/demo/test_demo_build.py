import csv
import hashlib
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from silverprint.core.hashing import pixel_sha256
from silverprint.demo import CARELESS, CONTRIBUTORS, COPIES, WITHOUT_A_SCRIPT, build, defects, fashion, plan, truth
from silverprint.demo.fashion import CLASSES, HARDNESS, LOOK_ALIKES
from silverprint.errors import UnavailableError, UsageError
from silverprint.imaging.decode import Undecodable, decode
from silverprint.imaging.sniff import sniff
from silverprint.records import NONE_OF_THESE
from tests.helpers import needs


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in (folder / "var/demo").rglob("*") if path.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def pages(folder: Path) -> list[dict[str, object]]:
    with ZipFile(folder / build.SITE) as archive:
        found: list[dict[str, object]] = json.loads(archive.read(build.INDEX))["pages"]
        return found


def bodies(folder: Path, name: Path) -> dict[str, bytes]:
    with ZipFile(folder / name) as archive:
        return {member: archive.read(member) for member in archive.namelist() if "/" in member}


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / build.LISTED).open() as rows:
        return list(csv.DictReader(rows))


def given(folder: Path) -> dict[str, bytes]:
    root = folder / build.GIVEN
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.jpg"))}


def own(folder: Path) -> dict[str, bytes]:
    root = folder / build.OWN
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(built, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    build.build(pictures)
    assert digests(tmp_path) == digests(built)
    build.build(pictures, seed=8)
    ours, theirs = (sorted(Path(name).stem for name in digests(folder)) for folder in (tmp_path, built))
    assert ours == theirs
    assert not set(digests(tmp_path).values()) & set(digests(built).values())


@pytest.mark.slow
def test_what_is_built_is_left_alone_and_what_is_lost_comes_back(built, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    build.build(100)
    before, written = digests(tmp_path), build.SITE.stat().st_mtime_ns
    build.build(100)
    assert build.SITE.stat().st_mtime_ns == written
    truth.path().unlink()
    build.SITE.write_bytes(b"half a zi")
    build.build(100)
    assert digests(tmp_path) == before


def test_every_picture_is_used_once_and_every_page_has_one_kind(built, pictures):
    kinds = [page["kind"] for page in pages(built)]
    counts = defects.counts(pictures)
    assert {kind: kinds.count(kind) for kind in set(kinds) - {defects.PLAIN}} == {
        kind: number for kind, number in counts.items() if kind in (*defects.TAKEN, *defects.COPIES, *defects.FOREIGN)
    }
    beside = sum(counts[kind] for kind in (*defects.COPIES, *defects.FOREIGN))
    partner = bodies(built, build.PARTNER)
    elsewhere = len(partner) - counts["partner-copy"] + len(own(built)) - sum(counts[kind] for kind in defects.OWN)
    elsewhere += len(listed(built)) - sum(counts[kind] for kind in defects.LISTED)
    elsewhere += len(given(built)) - sum(counts[kind] for kind in defects.GIVEN)
    assert len(kinds) - beside + elsewhere == pictures
    assert len(own(built)) == round(pictures * plan.OWN_SHARE)
    assert len(partner) == round(pictures * plan.PARTNER_SHARE)
    assert len(listed(built)) == round(pictures * plan.LISTED_SHARE) + counts["list-gone"]
    assert set(counts) == {
        *defects.TAKEN,
        *defects.COPIES,
        *defects.FOREIGN,
        *defects.OWN,
        *defects.LISTED,
        *defects.GIVEN,
        "partner-copy",
    }


def test_some_of_the_partners_pictures_are_on_the_site_byte_for_byte(built, pictures):
    on_site = {page["picture"] for page in pages(built)}
    web = {hashlib.sha256(body).digest() for name, body in bodies(built, build.SITE).items() if name in on_site}
    shared = {hashlib.sha256(body).digest() for body in bodies(built, build.PARTNER).values()} & web
    assert len(shared) == defects.counts(pictures)["partner-copy"]


def test_some_of_the_own_pictures_are_on_the_site_in_the_same_bytes_or_pixels(built, pictures):
    counts, web = defects.counts(pictures), set(bodies(built, build.SITE).values())
    mine = own(built)
    assert sum(body in web for body in mine.values()) == counts["own-copy"]
    pixels = {pixel_sha256(decode(body).pixels) for body in web if sniff(body) == "jpeg" and decodes(body)}
    pngs = [body for name, body in mine.items() if name.endswith("png")]
    assert len(pngs) == counts["own-pixels"]
    assert {pixel_sha256(decode(body).pixels) for body in pngs} <= pixels


def test_the_list_names_pictures_that_no_page_shows_some_that_one_does_and_some_that_are_gone(built, pictures):
    counts, rows, on_site = defects.counts(pictures), listed(built), bodies(built, build.SITE)
    names = [row["url"].removeprefix(build.ADDRESS) for row in rows]
    shown = {page["picture"] for page in pages(built)}
    assert sum(name in shown for name in names) == counts["list-copy"]
    assert sum(name not in on_site for name in names) == counts["list-gone"]
    assert on_site.keys() - shown == {name for name in names if name in on_site and name not in shown}
    assert {row["license"] for row in rows} <= {"CC-BY-4.0", "MIT", ""}
    assert {row["label"] for row in rows} <= {*CLASSES, ""}


@pytest.mark.slow
def test_the_list_names_the_site_where_it_is_served(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    build.build(100)
    build.build(100, address="http://127.0.0.1:9/")
    assert {row["url"].partition("photos")[0] for row in listed(tmp_path)} == {"http://127.0.0.1:9/"}


def test_each_contributor_has_own_pictures_and_some_have_what_they_should_not_give(built, pictures):
    counts, web = defects.counts(pictures), set(bodies(built, build.SITE).values())
    sent = given(built)
    assert {name.partition("/")[0] for name in sent} == set(CONTRIBUTORS)
    of = {who: [body for name, body in sent.items() if name.startswith(who)] for who in CONTRIBUTORS}
    assert min(len(set(of[who]) - web) for who in CONTRIBUTORS) >= plan.FEWEST_GIVEN
    assert sum(body in web for body in of[COPIES]) == counts["given-copy"]
    assert set(of[CARELESS]) & set(of[WITHOUT_A_SCRIPT])
    assert sum(not decodes(body) for body in of[CARELESS]) == counts["given-cut-off"] + counts["given-html"]


def decodes(body: bytes) -> bool:
    try:
        return decode(body) is not None
    except Undecodable:
        return False


def test_the_own_folders_are_hints_most_of_them_right(built, monkeypatch):
    monkeypatch.chdir(built)
    known = truth.read()
    hints = [(name.partition("/")[0], hashlib.sha256(body).hexdigest()) for name, body in own(built).items()]
    assert {folder for folder, _ in hints if "." not in folder} <= set(CLASSES)
    assert sum(folder == known[image_id] for folder, image_id in hints) >= 0.7 * len(hints)


def test_the_partners_labels_are_hints_most_of_them_right(built, monkeypatch):
    monkeypatch.chdir(built)
    with ZipFile(build.PARTNER) as archive:
        rows = list(csv.DictReader(StringIO(archive.read("manifest.csv").decode())))
        ids = {row["path"]: hashlib.sha256(archive.read(row["path"])).hexdigest() for row in rows}
    known = truth.read()
    right = sum(row["label"] == known[ids[row["path"]]] for row in rows) / len(rows)
    assert 0.8 <= right < 1
    assert {row["label"] for row in rows} <= {*CLASSES, ""}
    assert {row["license"] for row in rows} <= {"CC-BY-4.0", "CC0-1.0", ""}


def test_the_truth_knows_every_picture_and_the_site_never_tells(built, monkeypatch):
    monkeypatch.chdir(built)
    known, on_site = truth.read(), bodies(built, build.SITE)
    kinds = {page["picture"]: page["kind"] for page in pages(built)}
    for name, body in on_site.items():
        label = known.get(hashlib.sha256(body).hexdigest())
        if name not in kinds:
            assert label in CLASSES  # no page shows it
        elif kinds[name] == "html":
            assert label is None
        elif kinds[name] in defects.FOREIGN:
            assert label == NONE_OF_THESE
        else:
            assert label in CLASSES
    told = json.dumps(pages(built)).lower()
    assert not [word for word in CLASSES if word in told]


def test_the_truth_lies_where_the_environment_says(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnavailableError, match=r"truth\.csv.*run: python -m silverprint\.demo build"):
        truth.read()
    monkeypatch.setenv(truth.VARIABLE, str(tmp_path / "elsewhere" / "t.csv"))
    build.build(100)
    assert not (tmp_path / "var/demo/truth.csv").exists()
    assert len(truth.read()) > 90


@pytest.mark.parametrize("number", [0, 99, 5001, -5])
def test_a_size_out_of_range_is_refused(number):
    with pytest.raises(UsageError, match=f"--pictures {number}: the sample site has 100 to 5000 pictures"):
        plan.draw(number, 7)


def test_the_sheet_has_five_thousand_different_tiles_of_every_class():
    assert fashion.tiles().shape == (fashion.IMAGES, 28, 28)
    assert len({tile.tobytes() for tile in fashion.tiles()}) == fashion.IMAGES
    assert {fashion.labels().count(name) // 100 for name in CLASSES} <= {4, 5}
    assert len(fashion.labels()) == fashion.IMAGES


@pytest.mark.slow
def test_the_sheet_is_what_the_script_makes():
    dataset = Path("/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz")
    needs.path(dataset, "run: apt-get install dataset-fashion-mnist")
    script = Path(__file__).parents[2] / "scripts/make_fashion_sheet.py"
    space: dict[str, object] = {"__file__": str(script), "__name__": "script"}
    exec(compile(script.read_text(), script, "exec"), space)  # noqa: S102
    pictures, classes = space["draw"](dataset.parent)
    assert (pictures == fashion.tiles()).all()
    assert tuple(classes) == fashion.labels()


def test_look_alikes_are_classes_and_hardness_has_mean_one():
    assert set(LOOK_ALIKES) == set(CLASSES) == set(HARDNESS)
    for name, likes in LOOK_ALIKES.items():
        assert set(likes) <= set(CLASSES) - {name}
    assert sum(HARDNESS.values()) == pytest.approx(len(CLASSES))


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_no_half_site(tmp_path):
    command = f"ulimit -f 100; exec {sys.executable} -m silverprint.demo build --pictures 100"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 74
    assert "site.zip: no space left to write it; free some space" in done.stderr.splitlines()[-1]
    assert not (tmp_path / build.SITE).exists()
    assert not list((tmp_path / "var/demo").glob(".*"))


def test_no_stage_can_read_the_truth():
    """Nothing outside the demonstration imports it or names its truth; the full run without the truth is in e2e."""
    package = Path(build.__file__).parents[1]
    outside = [path for path in package.rglob("*.py") if "demo" not in path.relative_to(package).parts]
    assert len(outside) > 10
    for path in outside:
        text = path.read_text(encoding="utf-8")
        for word in ("import silverprint.demo", "from silverprint.demo", "truth.csv", truth.VARIABLE):
            assert word not in text, (path, word)
