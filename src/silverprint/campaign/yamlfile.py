"""params.yaml and dvc.yaml edited in place: comments, order and style stay."""

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from silverprint.errors import ConfigError
from silverprint.store import files


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read(path: Path) -> Any:
    try:
        return _yaml().load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"not readable ({str(error)[:200]})", f"run: git checkout {path}") from None


def write(document: Any, path: Path) -> None:
    buffer = StringIO()
    _yaml().dump(document, buffer)
    files.write_text(path, buffer.getvalue())


def plain(document: Any) -> Any:
    """The document without its comments and style."""
    buffer = StringIO()
    _yaml().dump(document, buffer)
    return YAML(typ="safe").load(buffer.getvalue())
