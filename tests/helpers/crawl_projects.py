"""A project with one source that goes out."""

import shutil
import subprocess
from pathlib import Path

from tests.helpers.tinysite import Site

ROOT = Path(__file__).parents[2]


def configured(project: Path, source: str, site: Site, **knobs: object) -> None:
    """Makes `project` one whose source is a crawl of `site` (`web`) or a list beside it (`urls`, list.csv)."""
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in ("params.yaml", "dvc.yaml", "versions.yaml", *listed.stdout.split()):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    text = (project / "params.yaml").read_text(encoding="utf-8").replace("127.0.0.1:8600", site.host)
    said = "".join(f"\n    {knob}: {value}" for knob, value in knobs.items())
    text = text.replace("\n    timeout_s: 4", said)
    if source == "urls":
        start, end = text.index("  web:"), text.index("  partner:")
        entry = f'  urls:\n    kind: urls\n    path: list.csv\n    allow_private: ["{site.host}"]{said}\n'
        text = text[:start] + entry + text[end:]
        pipeline = (project / "dvc.yaml").read_text(encoding="utf-8")
        for folder in ("data/raw/", "data/measured/"):
            pipeline = pipeline.replace(f"{folder}web", f"{folder}urls")
        (project / "dvc.yaml").write_text(pipeline)
    (project / "params.yaml").write_text(text, encoding="utf-8")
