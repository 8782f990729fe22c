"""Command line: parses, imports the one module that does the work, maps errors to exit codes."""

import argparse
import atexit
import difflib
import gc
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from silverprint import __version__, command_table
from silverprint.campaign import root
from silverprint.errors import ENDS_QUIETLY, INTERRUPTED, ConfigError, SilverprintError, UsageError

_LONGEST: Final = 300  # characters of a complaint, which repeats what was typed
_BROKEN_PIPE: Final = 141  # 128 + SIGPIPE, as a shell has it
_ALLOCATIONS: Final = 10_000  # between two searches for cycles; Python's 700 searches all the while as libraries load


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are our UsageError: one line, exit 64, with the name that was likely meant."""

    def error(self, message: str) -> None:  # type: ignore[override]
        verb = " ".join(self.prog.split()[1:])  # the message will begin with the program's name
        rule = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        if (meant := self._meant(message)) is not None:
            rule = f"{rule.partition(' (choose from ')[0]}; did you mean {meant}?"
        raise UsageError(verb or "the command line", rule, f"see: {self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As it is, but what is unknown is told by the parser of the command that it was typed for."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def _meant(self, message: str) -> str | None:
        """The option or the word that is nearest to what the message says is none, if one is near."""
        if typed := re.match(r"unrecognized arguments: (--[^\s=]+)", message):
            known: Iterable[str] = self._option_string_actions
        elif typed := re.match(r"argument .+?: invalid choice: '(.*?)' \(choose from (.+)\)", message):
            known = re.findall(r"[^',\s]+", typed[2])
        else:
            return None
        return next(iter(difflib.get_close_matches(typed[1], known, 1)), None)


@cache
def parser() -> Parser:
    """The parser of all commands, built once in a process."""
    top = Parser(prog="silverprint", description="Image classification datasets that can be trusted.")
    top.add_argument("--version", action="version", version=f"silverprint {__version__}")
    _add(top, command_table.VERBS)
    return top


def _add(to: Parser, table: Sequence[command_table.Verb], required: bool = True) -> None:
    group = to.add_subparsers(metavar="COMMAND", required=required, parser_class=Parser)
    for verb in table:
        sub = group.add_parser(verb.name, aliases=verb.aliases, help=verb.help, description=verb.help)
        taken = [sub.add_argument(*argument.flags, **argument.options).dest for argument in verb.arguments]
        if verb.target:
            sub.set_defaults(verb=verb, taken=taken)
        if verb.verbs:
            _add(sub, verb.verbs, required=not verb.target)


def _require_taken(verb: command_table.Verb, options: Mapping[str, object], taken: Sequence[str]) -> None:
    """An option of a stage, typed before a command below it, is not left out of account."""
    lost = [name for name, value in options.items() if name not in taken and value is not None]
    if lost:
        raise UsageError(verb.name, f"takes no --{lost[0].removesuffix('_name')}", "leave it out")


def main(argv: Sequence[str] | None = None) -> int:
    if argv is None:
        _collect_seldom()
    try:
        with _printed():
            options = vars(parser().parse_args(argv))
            verb, taken = options.pop("verb"), options.pop("taken")
            _require_taken(verb, options, taken)
            return _run(verb, {name: options[name] for name in taken})
    except SilverprintError as error:
        sys.stderr.write(f"silverprint: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        if ENDS_QUIETLY not in os.environ:
            sys.stderr.write("silverprint: interrupted; what was finished is kept, run it again to go on\n")
        return INTERRUPTED


def _collect_seldom() -> None:
    """Fewer searches for cycles in this process, and none at its end, when the system takes the memory back anyway.

    A command that loads Lightning or Great Expectations takes a third less of the processor so.
    """
    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)


@contextmanager
def _printed() -> Iterator[None]:
    """What a command prints has left us when the block ends.

    Raises:
        DiskError: it cannot be written where it was redirected to.
        SystemExit: nobody reads on, as `head` does not: that is no error to talk about.
    """
    if sys.stdout is None:  # the shell closed it: >&-
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except (OSError, SystemExit) as error:
        if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):  # rich exits by itself
            _print_no_more()
            raise SystemExit(_BROKEN_PIPE) from None
        if isinstance(error, SystemExit):
            raise
        from silverprint.store.files import disk_errors

        _print_no_more()
        with disk_errors(Path(error.filename or "the output")):
            raise


def _print_no_more() -> None:
    """Lets go what could not be written; the interpreter would write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(verb: command_table.Verb, options: dict[str, object]) -> int:
    if not verb.anywhere:
        os.chdir(_root())
    arguments: list[object] = []
    if verb.params:
        from silverprint import config
        from silverprint.campaign import lint

        params = config.load()
        _known(options, "source", params.sources)
        _opened(options, params.planned)
        _known(options, "round_name", params.rounds)
        if verb.stage:
            lint.lint(params)
        arguments.append(params)
    module, _, function = verb.target.partition(":")
    with _alone(verb, options):
        getattr(import_module(f"silverprint.{module}"), function)(*arguments, **options)
    return 0


def _alone(verb: command_table.Verb, options: dict[str, object]) -> AbstractContextManager[None]:
    """A stage runs once at a time: where `dvc` was killed, the stage that it started may still be at work."""
    if not verb.stage:
        return nullcontext()
    from silverprint.campaign import lock

    return lock.exclusive("-".join([verb.name, *(str(value) for value in options.values() if value is not None)]))


def _known(options: dict[str, object], key: str, names: Mapping[str, object]) -> None:
    if options.get(key) is not None and options[key] not in names:
        what = key.removesuffix("_name")
        known = f"one of: {', '.join(names)}" if names else "none is opened: silverprint round open NAME"
        raise UsageError(f"{what} {options[key]!r}", f"params.yaml has no such {what}", known)


def _opened(options: dict[str, object], planned: Mapping[str, object]) -> None:
    if options.get("round_name") in planned:
        name = options["round_name"]
        raise UsageError(
            f"round {name!r}", "it is planned, and no lead has opened it", f"silverprint round open {name}"
        )


def _root() -> Path:
    """The project's folder: the nearest one upwards that has a dvc.yaml."""
    found = root.find(Path.cwd())
    if found is None:
        raise ConfigError(str(Path.cwd()), "no dvc.yaml here or above", "change to the project's folder")
    return found
