"""Writes src/silverprint/packaged from the repository's own files, so that an installed Silverprint needs no clone."""

import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from silverprint import yamltext
from silverprint.campaign.upgrade import history
from silverprint.dvcfiles import pipeline_blocks, yaml_edit

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/silverprint/packaged"
HISTORY = "history/files.yaml"
ALIKE = ("versions.yaml", ".dvcignore", ".gitattributes", ".dvc/config", ".dvc/.gitignore")
SAMPLE_LINE = (
    "    A shirt has a row of buttons or a collar; a t-shirt has neither. A coat opens in front from top to bottom; "
)

# The sample's people and pictures are too few for the promise that a campaign begins with.
SAMPLE_PROMISE = {"{precision: 0.9,": "{precision: 0.97,", "labels: .9 of": "labels: .97 of"}


def packaged() -> dict[str, str]:
    """The text of each file by its name below TARGET.

    No name begins with a dot, for builds leave such files out; none is dvc.yaml, for DVC would find a second pipeline.
    """
    found = {f"campaign/{_undotted(name)}": _read(name) for name in ALIKE}
    found |= {f"campaign/expectations/{path.name}": path.read_text() for path in (ROOT / "expectations").glob("*.json")}
    found |= {f"campaign/{name}": _read(name).splitlines()[0] + "\n" for name in _ledgers()}
    found |= {
        "campaign/dot-gitignore": _without_tools(_read(".gitignore")),
        "campaign/dvc.template.yaml": _one_source(_read("dvc.yaml")),
        "campaign/params.yaml": _one_planned_round(_read("params.yaml")),
        "sample/params.yaml": _read("params.yaml"),
    }
    found |= {name: _read(name) for name in ("requirements/client.lock", "requirements/studio.lock")}
    found |= {name: _read(name) for name in ("scripts/git-setup", "scripts/venv")}
    return found | {HISTORY: history_text(_with_present(found))}


def _with_present(found: dict[str, str]) -> dict[str, list[str]]:
    """Every text that a version ever wrote, so that `silverprint upgrade` knows what is the tool's; it only grows."""
    texts = yamltext.mapping((TARGET / HISTORY).read_text(encoding="utf-8"), TARGET / HISTORY)
    for name, text in history.pieces(found).items():
        if text not in texts.setdefault(name, []):
            texts[name].append(text)
    return texts


def history_text(texts: dict[str, list[str]]) -> str:
    literal = {name: [LiteralScalarString(text) for text in known] for name, known in texts.items()}
    yaml, out = YAML(), StringIO()
    yaml.width = 1_000_000
    yaml.dump(literal, out)
    return out.getvalue()


def _ledgers() -> list[str]:
    """The ledgers that a campaign begins with: those that Git has, for a demonstration makes others."""
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split() if re.fullmatch(r"data/\w+\.csv", name)]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _undotted(name: str) -> str:
    return re.sub(r"(^|/)\.", r"\1dot-", name)


def _without_tools(ignored: str) -> str:
    """Without the environments and caches of a clone of the source."""
    rest = ignored.partition("\n\n")[2]
    return f"# environments, Python's compiled files\n/.venv/\n__pycache__/\n\n{rest}"


def _one_source(pipeline: str) -> str:
    """With `<source>` in place of the sample's sources: a line for each source of a campaign is made of it."""
    return pipeline_blocks.without_sources(
        pipeline, yamltext.mapping(_read("params.yaml"), ROOT / "params.yaml")["sources"]
    )


def _one_planned_round(params: str) -> str:
    """Without the sample's pictures, classes and later rounds; its thresholds are the defaults of a new campaign."""
    document = yamltext.mapping(params, ROOT / "params.yaml")
    first, *later = document["planned"]
    for name in later:
        params = yaml_edit.drop(params, ("planned", name))
    params = yaml_edit.drop(params, ("planned", first, "gold"))
    params = yaml_edit.put(params, ("planned", first, "audit"), 0.2)
    params = yaml_edit.put(params, ("evaluation", "sequential"), True)
    params = params.replace("# true: one after", "# one after")
    for said, meant in SAMPLE_PROMISE.items():
        params = params.replace(said, meant)
    for name in list(document["sources"])[1:]:
        params = yaml_edit.drop(params, ("sources", name))
    params = yaml_edit.put(params, ("sources",), {})
    for name, value in (("name", "NAME"), ("campaign", "NAME"), ("title", "QUESTION"), ("classes", ["A", "B"])):
        params = yaml_edit.put(params, ("dataset", name), value)
    params = yaml_edit.put(params, ("people", "cost_per_hour"), 0.0)
    params = params.replace("; change it when you start your own", "")
    return re.sub(rf"(?m)^{re.escape(SAMPLE_LINE)}.*\n", "", params)


def main() -> None:
    readme = (TARGET / "campaign/README.md").read_text(encoding="utf-8")
    written = {**packaged(), "campaign/README.md": readme}
    for folder in {name.split("/")[0] for name in written}:
        shutil.rmtree(TARGET / folder, ignore_errors=True)
    for name, text in written.items():
        (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
        (TARGET / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
