"""Unit costs that a lead gives in a file, in place of those that are measured."""

from difflib import get_close_matches
from pathlib import Path

from silverprint import yamltext
from silverprint.core.planning.unit_costs import NAMES, rule_broken
from silverprint.errors import ConfigError


def read(path: Path) -> dict[str, float]:
    """The unit costs in the YAML file `path`, by their names.

    Raises:
        ConfigError: it cannot be read, has a name that is none, or a value that cannot be one.
    """
    if not path.is_file():
        raise ConfigError(
            str(path), "there is no such file", "write one, or leave --costs out: silverprint docs planning"
        )
    found = {}
    for name, value in yamltext.mapping(yamltext.read(path), path).items():
        if name not in NAMES:
            near = get_close_matches(str(name), NAMES, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known: {', '.join(NAMES)}"
            raise ConfigError(f"{path} {name}", "no such unit cost", remedy)
        if (rule := rule_broken(name, value)) is not None:
            raise ConfigError(f"{path} {name} = {value!r}", rule, "silverprint docs planning says what it is")
        found[name] = float(value)
    return found
