"""params.yaml: every mistake is one line that names the value, the rule and the remedy."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from silverprint import config
from silverprint.errors import ConfigError


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((Path(__file__).parents[2] / "params.yaml").read_text())
    return loaded


def test_the_shipped_parameters_hold() -> None:
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
        ("clean.min_side", "48", "clean.min_side"),
        ("clean.min_side", 0, "clean.min_side"),
        ("clean.group_radius", 3, "at least clean.duplicate_radius"),
        ("rounds.r02.budget", -5, "rounds.r02.budget"),
        ("rounds.r02.budget", True, "rounds.r02.budget"),
        ("rounds.r02.control", 1.5, "rounds.r02.control"),
        ("rounds.r02.colour", "red", "rounds.r02.colour"),
        ("rounds.r02.prev", "r99", "prev must name another round"),
        ("rounds.r02.prev", "start", "one chain"),
        ("rounds.r01.prev", "r03", "without a circle"),
        ("rounds.r02.prev", "r02", "circle|one chain"),
        ("rounds", {}, "a campaign needs a round"),
        ("sources", {}, "a dataset needs a source"),
        ("sources.web.kind", "ftp", "sources.web"),
        ("dataset.classes", ["a"], "at least two classes"),
        ("dataset.classes", ["a", "a"], "each once"),
        ("dataset.classes", ["a", "unsure"], "rename the class"),
        ("last", "r02", "the chain's last round"),
        ("model.epochs", None, "model.epochs"),
        ("typo", 1, "no such section"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(path: str, value: Any, message: str) -> None:
    tree = document()
    set_at(tree, path, value)
    with pytest.raises(ConfigError, match=message) as caught:
        config.check(tree)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [1\n", "\x00", "a: 1\na: 2\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        config.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        config.load(tmp_path / "params.yaml")
