"""User's own spider class, loaded by the name that params.yaml gives."""

import sys
from importlib import import_module
from pathlib import Path

from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.errors import ConfigError

_SEE = "compare docs/crawls.md"


def spider_class(source: str, name: str | None) -> type[ImageSpider]:
    """The class that a source names; ours where it names none.

    Args:
        source: key in params.yaml.
        name: module:Class, the module in the project's folder or installed.

    Raises:
        ConfigError: there is no such module or class, the module fails, or the class is no ImageSpider.
    """
    if name is None:
        return ImageSpider
    value = f"sources.{source}.spider = {name!r}"
    module_name, _, class_name = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = import_module(module_name)
    except Exception as error:  # a foreign module may raise anything
        rule = f"its module cannot be imported ({type(error).__name__}: {' '.join(str(error).split())[:160]})"
        raise ConfigError(value, rule, f"put it into the project's folder, or fix it; {_SEE}") from error
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, ImageSpider)):
        rule = f"{module_name} has no subclass of ImageSpider by the name {class_name}"
        raise ConfigError(value, rule, _SEE)
    return found
