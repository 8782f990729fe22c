"""check: params.yaml, dvc.yaml and the rounds on disk agree. Every stage is linted; this one is the first that runs."""

from silverprint import layout
from silverprint.campaign import class_list, lint
from silverprint.config import Params
from silverprint.console import say
from silverprint.store import files


def run(params: Params) -> None:
    lint.lint(params)
    class_list.write_numbers(params)
    for sentence in class_list.newer_class_hints(params):
        say(sentence)
    files.write_text(layout.CHECK / "agreed", "yes\n")
