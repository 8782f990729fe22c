"""make clean-demo: removes what make demo made, and nothing that a person did."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import config, layout, yamltext
from silverprint.campaign import gold_list, ledgers, round_plan
from silverprint.commands import contribute, mlflow_server, studio
from silverprint.console import say
from silverprint.core.votes import imported_labels
from silverprint.demo import CAMPAIGN, LABELLED, PEOPLE, contributors, expert, studio_answers
from silverprint.errors import NotAllowedError, UnavailableError
from silverprint.records import GOLD
from silverprint.store import files, tables

_ROUND: Final = (
    layout.score, layout.queue, layout.queue_page, layout.labels, layout.gate, layout.gate_rows, layout.model,
    layout.metrics,
)  # fmt: skip
_ANSWERED: Final = (layout.state, layout.votes)  # files of a round, removed after the rest of it
_CAMPAIGN: Final = (
    layout.CHECK, layout.INBOX, Path("data/raw"), Path("data/measured"), layout.EMBED, layout.PERSONS, layout.CLEAN,
    layout.WITHDRAWN, layout.CLASSES, layout.CLEAN_METRICS.parent, layout.RELEASE, layout.RELEASES,
    layout.RELEASE_TABLES, layout.REPORT, layout.round_dir(config.START), layout.LOCK, layout.ROUND_DECISIONS,
    Path(".dvc/cache"), Path(".dvc/tmp"),
    layout.VAR,  # last: it knows who answered, should this be stopped before its end
)  # fmt: skip
_LEDGERS: Final = ("data/rounds/*/votes.csv", "data/rounds/*/queue.csv", str(layout.LOCK))  # ledgers a team commits
_SHOWN: Final = 5  # names in one line


def clean() -> None:
    """Removes outputs, rounds and servers' data of the demo, and says which files a person changed. Keeps environments.

    Raises:
        NotAllowedError: the campaign is not the demo's, is committed, or somebody other than the simulated people
            answered in it. Nothing is touched then.
    """
    params = config.load()
    _require_ours(params.dataset.campaign)
    studio.down()
    mlflow_server.down()
    contribute.down()
    _plan_again()
    params = config.load()
    names = [path.name for path in layout.ROUNDS.glob("*") if path.is_dir()]
    for name in names:
        _remove(*(path(name) for path in (*_ROUND, *_ANSWERED)))
        if name not in params.rounds and not _git("ls-files", str(layout.round_dir(name))):
            _remove(layout.round_dir(name))  # the round was opened here and removed from params.yaml
    _take_back_imports()
    _take_back_gold()
    _remove(*_CAMPAIGN)
    changed = [line[3:] for line in _git("status", "--porcelain", "--", "params.yaml", "dvc.yaml", "data")]
    if changed:
        remedy = "to undo that too: git checkout FILE, then make clean-demo again"
        say(f"kept, since people write there: {_some(changed)}; {remedy}")


def _plan_again() -> None:
    """Takes back the opening of rounds, where params.yaml differs from the committed one by nothing else."""
    committed = _git("show", f"HEAD:./{layout.PARAMS}")
    planned = round_plan.all_planned(yamltext.read(layout.PARAMS))
    if planned.splitlines() == committed:
        files.write_text(layout.PARAMS, planned)


def _require_ours(campaign: str) -> None:
    if campaign != CAMPAIGN:
        rule = f"make clean-demo removes the campaign {CAMPAIGN!r} only: in another, people answered"
        raise NotAllowedError(f"dataset.campaign = {campaign!r}", rule, "remove the files yourself")
    if committed := _git("ls-files", *_LEDGERS):
        raise NotAllowedError(committed[0], "it is committed here: people's work is not removed", "use a fresh clone")
    if others := contributors.unknown_contributors():
        rule = "they gave pictures and are none of the demo's simulated people, and only their work is removed"
        raise NotAllowedError(_some(others), rule, "keep it: copy data/inbox and data/raw/crowd, and use a fresh clone")
    if others := studio_answers.unknown_annotators(_simulated()):
        rule = "they answered and are none of the demo's simulated people, and only their work is removed"
        raise NotAllowedError(_some(others), rule, "keep it: git add data && git commit, and use a fresh clone")


def _take_back_imports() -> None:
    kept = ledgers.imports()
    ours = pl.col("annotator").is_in([imported_labels.annotator(source) for source in LABELLED])
    if not kept.filter(ours).is_empty():
        ledgers.write_imports(kept.filter(~ours))


def _take_back_gold() -> None:
    known = tables.read_ledger(layout.GOLD, GOLD)
    ours = pl.col("why") == expert.WHY
    if not known.filter(ours).is_empty():
        gold_list.write(known.filter(~ours))


def _simulated() -> frozenset[str]:
    """The e-mail addresses of the simulated people's accounts, as far as they were invited."""
    known = (layout.PEOPLE / f"{name}.json" for name in PEOPLE)
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["email"] for path in known if path.exists())


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        rule = f"it is not known whether people's work is committed here ({done.stderr.strip()[:200]})"
        raise UnavailableError("git", rule, "run from a clone")
    return done.stdout.splitlines()


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
