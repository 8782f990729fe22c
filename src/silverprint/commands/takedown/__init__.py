"""silverprint takedown: withdraws an image, a page, a domain, a source, a contributor; the next `dvc repro` applies it.

The list in Git gets a line for what was asked, which later crawls obey, and one for each picture that it means today.
"""

import re
from typing import Final
from urllib.parse import urldefrag

import polars as pl

from silverprint.adapters.contribute import inbox_files
from silverprint.adapters.contribute.examples import crowds
from silverprint.campaign import ledgers, released, takedown_lines
from silverprint.commands.takedown import prove as proof
from silverprint.commands.takedown import purge as purging
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.cleaning import withdrawals
from silverprint.errors import UsageError
from silverprint.records import CONTRIBUTOR, IMAGE_ID

_SCHEMES: Final = ("http", "https", "s3")


def run(
    params: Params, target: str, why: str | None = None, purge: bool = False, prove: bool = False, yes: bool = False
) -> None:
    """Adds `target` to data/takedowns.csv; what no source holds yet too, since it may come.

    Args:
        purge: take its pictures out of every place that can be reached.
        prove: look for them in every place that can be reached; alone, nothing changes.
        yes: ask nothing.

    Raises:
        UsageError: no reason, or a target of no known kind, or one to prove that was not taken down.
        UnavailableError: a source's index is not here; or a place to look at.
        DataError: the proof found something.
    """
    target, reason = _text(target), _text(why or "")
    if prove and not purge and why is None:
        _prove(params, target)
        return
    if not reason:
        raise UsageError(f"--why {why or ''!r}", "a takedown says why", 'give a reason: --why "asked by its author"')
    raw = takedown_lines.indexes(params)
    kind, target = _kind(params, target, raw)
    found = takedown_lines.draw_up(params, kind, [target], reason, raw)
    found.write()
    if not found.here:
        say(f"warning: no source holds a picture of this {kind}; should one come, it is withdrawn")
    reached = found.reached
    same = reached.filter(pl.col("how") == "same-pixels").height
    say(f"withdrawn: {reached.height} pictures ({same} of them copies with the same pixels); go on: silverprint repro")
    if found.unmeasured:
        where = ", ".join(found.unmeasured)
        say(f"copies in {where} are not known here, for it was not measured: the next silverprint repro withdraws them")
    for crowd in crowds(params):
        inbox_files.remove_previews(crowd, reached["image_id"])
    released.tell_held(params, reached["image_id"].to_list())
    if purge:
        purging.run(params, frozenset(reached["image_id"]), yes)
    if prove:
        proof.run(params, reached["image_id"].to_list(), purging.look_for(reached["image_id"].to_list()))


def _prove(params: Params, target: str) -> None:
    """The proof of a takedown that was written before."""
    kind, name = _kind(params, target, takedown_lines.indexes(params))
    rows = ledgers.takedowns().filter((pl.col("target") == name) & (pl.col("kind") == kind))
    named = rows["image_id"].drop_nulls().unique().sort().to_list()
    if not named:
        rule = "no picture of it was taken down"
        raise UsageError(target, rule, f'run: silverprint takedown {target} --why "..." --purge --prove')
    proof.run(params, named, purging.look_for(named))


def _kind(params: Params, target: str, raw: pl.DataFrame) -> tuple[str, str]:
    """What sort of thing is meant, and its name as the list has it."""
    if re.fullmatch(IMAGE_ID, target.lower()):
        return "image", target.lower()
    if target in params.sources:
        return "source", target
    if re.fullmatch(CONTRIBUTOR, target):  # in `page_url`, as whoever showed the picture
        return "url", target
    if "://" in target or "!" in target:
        named = re.match(r"([^!]*)://", target)
        scheme = named[1].lower() if named else ""
        if named and scheme not in _SCHEMES:
            raise UsageError(target, f"pictures come by {', '.join(_SCHEMES)}, none by {scheme}", "fix the address")
        is_page = scheme.startswith("http")  # elsewhere # is a letter like any other
        return "url", urldefrag(target).url if is_page else target
    if withdrawals.is_domain(target.lower()):
        return "domain", target.lower()
    if re.fullmatch("[0-9a-f]{8,63}", target.lower()):
        return "image", _full(target.lower(), raw)
    rule = "neither an image_id (64 hex digits), an address, a domain, a source nor contributor:NAME"
    known = ", ".join(params.sources)
    raise UsageError(target or "''", rule, f"for example: silverprint takedown example.org; sources: {known}")


def _full(digits: str, raw: pl.DataFrame) -> str:
    """The one image_id that begins with these digits; one that is not here yet is given in full."""
    found = raw["image_id"].drop_nulls().unique().sort()
    found = found.filter(found.str.starts_with(digits))
    if len(found) != 1:
        rule = f"{len(found)} pictures begin with it" if len(found) else "no picture on this disk begins with it"
        raise UsageError(digits, rule, "give all 64 hex digits of its image_id")
    return str(found[0])


def _text(said: str) -> str:
    """One line of UTF-8: a terminal may hand over any bytes."""
    return " ".join(said.encode("utf-8", "backslashreplace").decode("utf-8").split())
