"""params.yaml: every mistake is one line that names the value, the rule and the remedy."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from silverprint import config
from silverprint.config import SequentialOverlap
from silverprint.errors import ConfigError
from tests.helpers.opened_rounds import ROOT, all_opened


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(all_opened())
    return loaded


def test_the_shipped_parameters_hold_before_any_round_is_opened_and_after() -> None:
    shipped = config.load(ROOT / "params.yaml")
    assert (shipped.chain, tuple(shipped.planned), shipped.last) == ((), ("r01", "r02", "r03"), "start")
    assert config.check(document()).chain == ("r01", "r02", "r03")


def set_at(tree: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for key in way:
        tree = tree[key]
    tree[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("seed", "seven", "seed"),
        ("storage", "s3:bucket/x", "storage.*must be disk, or s3://bucket/prefix"),
        ("storage", "s3://bucket//x", "between single slashes"),
        ("clean.min_side", "48", "clean.min_side"),
        ("clean.min_side", 0, "clean.min_side"),
        ("clean.group_radius", 3, "at least clean.duplicate_radius"),
        ("planned", {"r03": {}}, r"planned\.r03"),
        ("planned", {"start": {"strategy": "auto", "budget": 1, "control": 0, "overlap": 1}}, "rename the round"),
        ("planned", {"r9": {"prev": "r03"}}, r"planned\.r9\.prev: no such knob"),
        ("planned", {"r03": {"strategy": "auto", "budget": 1, "control": 0, "overlap": 1}}, "planned or opened"),
        ("planned", {"r9": {"strategy": "auto", "budget": 1, "control": 1, "overlap": 1, "relabel": 0.5}}, "at most 1"),
        ("rounds.r02.budget", -5, "rounds.r02.budget"),
        ("rounds.r02.budget", True, "rounds.r02.budget"),
        ("rounds.r02.control", 1.5, "rounds.r02.control"),
        ("rounds.r02.colour", "red", "rounds.r02.colour"),
        ("rounds.r02.prev", "r99", "prev must name another round"),
        ("rounds.r02.prev", "start", "one chain"),
        ("rounds.r01.prev", "r03", "have no cycle"),
        ("rounds.r02.prev", "r02", r"r02\.prev = 'r02'.*have no cycle"),
        (
            "release.silver_confidence",
            0.9,
            r"release\.silver_confidence: is no knob any more.*write promise: {precision",
        ),
        ("classifiers", {"shop": {}}, r"classifiers\.shop\.kind: is missing.*table, imagenet"),
        ("classifiers", {"shop": {"kind": "onnx"}}, r"kind = 'onnx': no such kind of classifier.*table, imagenet"),
        ("classifiers", {"shop": {"kind": "table", "pth": "x"}}, r"classifiers\.shop\.pth: no such knob.*mean path"),
        ("classifiers", {"shop": {"kind": "table", "path": "x", "sha256": "0"}}, r"classifiers\.shop\.sha256.*64 of"),
        ("classifiers", {"shop": {"kind": "imagenet", "classes": {}}}, r"shop\.classes.*must not be empty"),
        ("classifiers", {"shop": {"kind": "imagenet", "classes": {"coat": []}}}, r"classes\.coat.*must not be empty"),
        (
            "classifiers",
            {"shop": {"kind": "imagenet", "classes": {"coats": ["fur coat"]}}},
            r"classifiers\.shop\.classes\.coats: no class of dataset\.classes.*mean coat",
        ),
        (
            "classifiers",
            {"shop": {"kind": "imagenet", "classes": {"coat": ["suit"], "dress": ["suit"]}}},
            r"'suit' for coat and for dress: a word means one class",
        ),
        (
            "classifiers",
            {name: {"kind": "imagenet", "classes": {"bag": ["purse"]}} for name in ("a", "b")},
            r"classifiers = a, b: one classifier",
        ),
        ("classifiers", {"clip": {"kind": "zero-shot"}}, r"zero-shot' with embed\.backbone = 'effic.*open_clip/NAME"),
        ("classifiers", {"clip": {"kind": "zero-shot", "templates": []}}, r"clip\.templates.*must not be empty"),
        ("release.promise.precision", 1.0, "release.promise.precision = 1.0"),
        ("release.promise.confidence", 0, "release.promise.confidence = 0"),
        ("release.promise.precsion", 0.9, "did you mean precision"),
        ("release.core_classes", ["coat", "hat"], r"core_classes = \[coat, hat\].*'hat' is no class.*use some of"),
        ("classes", {"hat": {"tier": "expert"}}, r"classes\.hat: 'hat' is no class"),
        ("tiers", {"crowd": {"overlap": 1}}, r"tiers\.crowd: the crowd is everybody"),
        ("tiers", {"a": {"adjudicate": 0.8}, "b": {"adjudicate": 0.9}}, "one tier settles what the crowd disagrees on"),
        ("tiers", {"a": {"overlap": {"min": 3, "max": 2, "until": 0.9}}}, "min is at most max"),
        ("tiers", {"a": {"adjudicate": 1}}, r"tiers\.a\.adjudicate = 1"),
        ("rounds.r01.audit", 0.7, r"control = 0\.4, relabel = 0\.0, audit = 0\.7.*shares of one budget"),
        ("sources", {}, "a dataset needs a source"),
        ("sources.web.kind", "ftp", "sources.web"),
        ("dataset.classes", ["a"], "at least two classes"),
        ("dataset.classes", ["a", "a"], "each once"),
        ("dataset.classes", ["a", "unsure"], "rename the class"),
        ("last", "r02", "must be the last opened round"),
        ("model.members", None, "model.members"),
        ("typo", 1, "no such section"),
        ("seed", -1, "seed = -1"),
        ("seed", 2**32, "seed = 4294967296"),
        ("gate.min_alpha", 40, r"gate\.min_alpha = 40: must be less than or equal to 1"),
        ("gate.min_alpha", float("nan"), "gate.min_alpha = nan: must be a finite number"),
        ("clean.max_aspect", float("inf"), "clean.max_aspect = inf: must be a finite number"),
        ("clean.min_brightness", 300, "clean.min_brightness"),
        ("clean.min_brightness", 251.0, "below clean.max_brightness"),
        ("clean.min_contrast", 128, "clean.min_contrast"),
        ("clean.min_sharpness", -1, "clean.min_sharpness"),
        ("embed.batch", 10**6, "embed.batch"),
        ("embed.backbone", "resnet50", r"torchvision/NAME"),
        ("embed.backbone", "torchvision/resnet18", "set embed.weights"),
        ("embed.weights", "w.pth", "its weights are packaged"),
        ("embed.weights_sha256", "abc", "64 of 0-9 a-f"),
        ("model.members", 10**6, "model.members"),
        ("model.omega", "vat", "model.omega"),
        ("model.epochs", 150, "model.epochs"),
        ("evaluation.overlap", 99_999, "evaluation.overlap"),
        ("evaluation.size", 10**7, "evaluation.size"),
        ("rounds.r02.overlap", 99_999, "rounds.r02.overlap"),
        ("rounds.r02.budget", 10**7, "rounds.r02.budget"),
        ("rounds.r02.overlap", None, r"rounds\.r02\.overlap = None: must be a valid integer"),
        ("rounds.r02.overlap", {"min": 1, "max": 5}, r"rounds\.r02\.overlap\.until: is missing"),
        (
            "rounds.r02.overlap",
            {"min": 1, "max": 5, "until": 1},
            r"rounds\.r02\.overlap\.until = 1: must be less than 1",
        ),
        ("rounds.r02.overlap", {"min": 1, "max": 5, "until": 0.4}, r"rounds\.r02\.overlap\.until = 0\.4"),
        ("rounds.r02.overlap", {"min": 0, "max": 5, "until": 0.9}, r"rounds\.r02\.overlap\.min = 0"),
        ("rounds.r02.overlap", {"min": 1, "max": 51, "until": 0.9}, r"rounds\.r02\.overlap\.max = 51"),
        ("rounds.r02.overlap", {"min": 5, "max": 1, "until": 0.9}, "min is at most max"),
        (
            "rounds.r02.overlap",
            {"min": 1, "max": 5, "until": 0.9, "untill": 0.9},
            r"overlap\.untill: no such knob; .*until",
        ),
        ("dataset.title", "", "dataset.title = ''"),
        ("dataset.title", " a ", "at least 3 characters"),
        ("dataset.title", "what\0", "printable"),
        ("sources.web.start", [], "sources.web.start = .*must not be empty"),
        ("sources.web.timeout_s", 10**6, "sources.web.timeout_s"),
        ("sources.web.max_bytes", 10**12, "sources.web.max_bytes"),
        ("sources.web.user_agent", "a\r\nCookie: b", "sources.web.user_agent"),
        ("sources.partner.path", "", "sources.partner.path"),
        ("sources.partner.path", "a\0b", "sources.partner.path"),
        ("clean.licenses", "MIT", "clean.licenses"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(path: str, value: Any, message: str) -> None:
    tree = document()
    set_at(tree, path, value)
    with pytest.raises(ConfigError, match=message) as caught:
        config.check(tree)
    assert "\n" not in str(caught.value)


UNFIT_NAMES = [
    "", " ", " bag", "bag ", "two\nlines", "bell\a", "nul\0", "../../x", "a/b", "a\\b", ".", "..", ".hidden",
    "x" * 81, "\U0001f45f" * 60, "bag\u202e", "bag\u3164", "\u2800", "Co\u200dat", "Coat", "COAT", "Unsure",
]  # fmt: skip


@pytest.mark.parametrize("name", UNFIT_NAMES)
def test_a_class_that_is_no_folder_of_its_own_is_refused(name: str) -> None:
    tree = document()
    tree["dataset"]["classes"].append(name)
    with pytest.raises(ConfigError, match=r"dataset\.classes") as caught:
        config.check(tree)
    assert "\n" not in str(caught.value)


def test_two_spellings_of_one_letter_are_one_class() -> None:
    tree = document()
    tree["dataset"]["classes"] = ["caf\u00e9", "cafe\u0301"]
    with pytest.raises(ConfigError, match="Unicode form"):
        config.check(tree)


@pytest.mark.parametrize("name", ["Ärmelkleid", "кроссовки", "スニーカー", "می‌خواهم", "👟", "N°5: what?", "x" * 80])
def test_a_class_may_be_named_in_any_script(name: str) -> None:
    tree = document()
    tree["dataset"]["classes"].append(name)
    assert config.check(tree).dataset.classes[-1] == name


@pytest.mark.parametrize(
    "address",
    ["", "/shop", "shop.example", "file:///etc/passwd", "ftp://a.example/", "http://", "http:///x", "http://[::1/",
     "http://a.example:99999/", "http://a.example:0/", "http://a b.example/",
     "http://ada:secret@a.example/", " http://a.example/", "http://a\n.example/"],
)  # fmt: skip
def test_a_start_that_is_no_web_address_is_refused(address: str) -> None:
    tree = document()
    tree["sources"]["web"]["start"] = ["https://shop.example/", address]
    with pytest.raises(ConfigError, match=r"params\.yaml sources\.web\.start\.1 = "):
        config.check(tree)


@pytest.mark.parametrize("path", ["s3://ada:SECRET@bucket/drop.zip", "s3://ada:SEC/RET@bucket", "s3:/\\\\ada:SECRET@b"])
def test_a_drop_names_no_password_and_the_message_shows_none(path: str) -> None:
    tree = document()
    tree["sources"]["partner"]["path"] = path
    with pytest.raises(ConfigError, match=r"params\.yaml sources\.partner\.path = .*no user and no password") as caught:
        config.check(tree)
    assert "SEC" not in str(caught.value)
    tree["sources"]["partner"]["path"] = "s3://bucket/ada:b@2x.zip"
    assert config.check(tree).sources["partner"].path == "s3://bucket/ada:b@2x.zip"


@pytest.mark.parametrize(
    "entry",
    ["*", "*:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", ":80", "a b:80",
     "Localhost:80", "http://localhost:80", "localhost:80/x", "10.0.0.0/8:80"],
)  # fmt: skip
def test_a_private_address_is_one_host_and_one_port(entry: str) -> None:
    tree = document()
    tree["sources"]["web"]["allow_private"] = [entry]
    with pytest.raises(ConfigError, match=r"params\.yaml sources\.web\.allow_private\.0 = "):
        config.check(tree)


@pytest.mark.parametrize("entry", ["localhost:1", "shop.internal:65535", "10.0.0.7:8600", "::1:8600", "[::1]:8600"])
def test_a_private_address_that_can_be_met_is_taken(entry: str) -> None:
    tree = document()
    tree["sources"]["web"]["allow_private"] = [entry]
    met = entry.replace("[", "").replace("]", "")  # as an address's host is read
    assert config.check(tree).sources["web"].allow_private == (met,)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        (["coco"], r"formats = \[coco\]: .* Parquet .*; write \[parquet, coco\]"),
        ([], r"write \[parquet\]"),
        (["coco", "coco"], r"write \[parquet, coco\]"),
        (["parquet", "csv", "csv"], r"names a format twice; write \[parquet, csv\]"),
        (["parquet", "zip"], r"release\.formats.*'zip': must be 'parquet', 'imagefolder'"),
        ("parquet", r"release\.formats = 'parquet'"),
    ],
)
def test_formats_are_known_ones_once_and_parquet(formats: object, message: str) -> None:
    tree = document()
    set_at(tree, "release.formats", formats)
    with pytest.raises(ConfigError, match=message):
        config.check(tree)


def test_pictures_that_share_a_page_are_asked_about_by_a_number_of_people() -> None:
    tree = document()
    tree["rounds"]["r02"] |= {"overlap": {"min": 1, "max": 5, "until": 0.9}, "page": "grid"}
    with pytest.raises(ConfigError, match=r"rounds\.r02\.page = 'grid' with overlap = {min: 1.*write page: single"):
        config.check(tree)
    tree["rounds"]["r02"]["page"] = "single"
    known = config.check(tree).rounds["r02"]
    assert (known.least_overlap, known.most_overlap, known.sequential) == (1, 5, SequentialOverlap(1, 5, 0.9))


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("datasett", r"params\.yaml datasett: no such section; did you mean dataset\?"),
        ("clean.min_sidee", r"params\.yaml clean\.min_sidee: no such knob; did you mean min_side\?"),
        ("rounds.r02.overlapp", r"params\.yaml rounds\.r02\.overlapp: no such knob; did you mean overlap\?"),
        ("sources.web.strat", r"params\.yaml sources\.web\.strat: no such knob; did you mean start\?"),
        ("sources.partner.licence", r"params\.yaml sources\.partner\.licence: no such knob; did you mean license\?"),
        ("gate.qqq", r"params\.yaml gate\.qqq: no such knob; known: min_alpha, max_unresolved"),
        ("release.imagefolder", r"release\.imagefolder: is no knob any more; .*formats: \[parquet, imagefolder\]"),
    ],
)
def test_a_misspelt_knob_is_shown_the_right_one(way: str, message: str) -> None:
    tree = document()
    set_at(tree, way, 1)
    with pytest.raises(ConfigError, match=message):
        config.check(tree)


def test_the_typo_is_told_before_what_it_left_missing() -> None:
    tree = document()
    tree["clean"]["min_sidee"] = tree["clean"].pop("min_side")
    tree["sources"]["web"].pop("start")
    with pytest.raises(ConfigError, match="did you mean min_side"):
        config.check(tree)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("seed", r"params\.yaml seed: is missing"),
        ("sources.web.start", r"params\.yaml sources\.web\.start: is missing"),
        ("sources.web.kind", r"params\.yaml sources\.web\.kind: is missing; use one of: web, urls, archive"),
        ("rounds.r01.prev", r"params\.yaml rounds\.r01\.prev: is missing"),
    ],
)
def test_a_missing_knob_is_named(way: str, message: str) -> None:
    tree = document()
    *above, last = way.split(".")
    holder = tree
    for key in above:
        holder = holder[key]
    del holder[last]
    with pytest.raises(ConfigError, match=message):
        config.check(tree)


def test_an_unknown_kind_of_source_is_told_which_there_are() -> None:
    tree = document()
    tree["sources"]["web"]["kind"] = "ftp"
    with pytest.raises(
        ConfigError, match=r"sources\.web\.kind = 'ftp': no such kind of source; use one of: web, urls, archive"
    ):
        config.check(tree)


@pytest.mark.parametrize("section", ["dataset", "sources", "clean", "rounds", "sources.web", "rounds.r01"])
@pytest.mark.parametrize("value", [None, 5, [], "text"])
def test_a_section_that_is_no_mapping_is_named(section: str, value: object) -> None:
    tree = document()
    set_at(tree, section, value)
    with pytest.raises(ConfigError, match=f"params.yaml {section} = "):
        config.check(tree)


BROKEN = [
    ("", "params.yaml is empty: must be a mapping"),
    ("- a\n- b\n", "params.yaml holds a list"),
    ("text", "holds 'text'"),
    ("a: 1\n", "params.yaml a: no such section"),
    ("a: [1\n", "params.yaml line 2 column 1: not readable as YAML"),
    ("a:\n\tb: 1\n", "params.yaml line 2 column 1"),
    ("a: b: c\n", "params.yaml line 1 column 5"),
    ("\x00", "not readable as YAML"),
    ("seed: 1\nseed: 2\n", "params.yaml line 2 column 1: duplicate key .seed."),
    ("seed: {a: 1, a: {b: 2, c: 3}}\n", "duplicate key .a.: a key may be there only once"),
    ("seed: 2024-99-99\n", "not readable as YAML"),
    ("seed: &a [*a]\n", "no plain values"),
    ("? [a, b]\n: 1\n", "no plain values"),
    ("rounds: {1: {}}\n", 'params.yaml rounds.1: a name is text.*write "1"'),
    ('seed: "\\ud800"\n', "params.yaml"),
    ("seed: !!python/object:os.system {}\n", "params.yaml line 1 column 7"),
    ("[" * 100_000, "params.yaml line 1 column 65: nested more than 64 deep"),
    ("seed: " + "{a: " * 300 + "1" + "}" * 300, "params.yaml line 1 column .*: nested more than 64 deep"),
    ("- " * 100_000, "nested more than 64 deep"),
    (
        "a: &a [1, 1]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghijklm")),
        "params.yaml: holds at most 1,000,000 values",
    ),
    ('seed: !!bool "7"\n', "not readable as YAML"),
    ('seed: !!float ""\n', "not readable as YAML"),
    ('seed: !!int "x"\n', "not readable as YAML"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_file_is_one_line(project: Path, text: str, message: str) -> None:
    (project / "params.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        config.load()
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfa")
    for path in (tmp_path, tmp_path / "latin"):
        with pytest.raises(ConfigError, match="not readable"):
            config.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing; run: git checkout .*params\.yaml"):
        config.load(tmp_path / "params.yaml")


def test_predictions_are_shown_for_all_pictures_none_or_a_share_of_them() -> None:
    tree = document()
    name = next(iter(tree["rounds"]))
    for value, share in ((True, 1.0), (False, 0.0), (0.5, 0.5)):
        tree["rounds"][name]["show_predictions"] = value
        assert config.check(tree).rounds[name].share_shown == share
    for value in (0, 1, 1.5, -0.1, float("nan"), "half", None):
        tree["rounds"][name]["show_predictions"] = value
        with pytest.raises(ConfigError, match="true, false, or the share of the pictures, above 0 and below 1"):
            config.check(tree)
