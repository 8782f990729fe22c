"""Results of benchmarks: runs kept as JSON, so that `run` resumes, and tables in the pages of the documentation."""

import json
import os
from pathlib import Path
from typing import Any


def keep(path: Path, found: Any) -> None:
    """Writes a finished run, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(found))
    part.replace(path)


def publish(page: Path, name: str, text: str) -> None:
    """Puts a table between a page's marks `<!-- name -->` and `<!-- /name -->`."""
    before = page.read_text(encoding="utf-8")
    start = before.index(f"<!-- {name} -->\n") + len(f"<!-- {name} -->\n")
    end = before.index(f"<!-- /{name} -->", start)
    page.write_text(f"{before[:start]}{text}\n{before[end:]}", encoding="utf-8")
