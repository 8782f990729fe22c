"""dvc.yaml as far as it names sources: the dependencies of its stages."""

from dataclasses import dataclass
from typing import Final

from silverprint import layout, yamltext
from silverprint.errors import ConfigError

RAW: Final = "data/raw/"
MEASURED: Final = "data/measured/"
# The stages that read the pictures or figures of every source, and would lose what they do not name.
NEED: Final = {
    RAW: ("embed", "persons", "clean", "start", "preview", "annotate", "release", "report"),
    MEASURED: ("embed", "persons", "clean"),
}


@dataclass(frozen=True)
class Stage:
    way: tuple[str, ...]  # keys that lead to its list of dependencies
    deps: tuple[str, ...]

    def sources(self, folder: str) -> dict[str, int]:
        """The sources whose `folder` it names, and at which place; not what a foreach stage names by its item."""
        return {
            dep.removeprefix(folder): place
            for place, dep in enumerate(self.deps)
            if dep.startswith(folder) and "${" not in dep
        }


def parse(text: str) -> dict[str, Stage]:
    """The stages by their names.

    Raises:
        ConfigError: it is no pipeline.
    """
    stages = yamltext.mapping(text, layout.PIPELINE).get("stages")
    if not isinstance(stages, dict):
        raise _wrong("stages", stages, "must be a mapping of stages")
    return {str(name): _stage(str(name), body) for name, body in stages.items()}


def _stage(name: str, body: object) -> Stage:
    way: tuple[str, ...] = ("stages", name)
    if isinstance(body, dict) and "do" in body:
        way, body = (*way, "do"), body["do"]
    if not isinstance(body, dict):
        raise _wrong(".".join(way), body, "must be a mapping with cmd, deps, outs")
    deps = body.get("deps") or []
    if not isinstance(deps, list) or not all(isinstance(dep, str) for dep in deps):
        raise _wrong(".".join([*way, "deps"]), deps, "must be a list of paths")
    return Stage((*way, "deps"), tuple(deps))


def _wrong(where: str, found: object, rule: str) -> ConfigError:
    return ConfigError(f"dvc.yaml {where} = {found!r}"[:200], rule, f"run: git checkout {layout.PIPELINE}")
