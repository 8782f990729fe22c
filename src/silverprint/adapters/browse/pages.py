"""Pages: the pool, what a selection would become, and what it became."""

from functools import cache
from typing import Any, Final

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from silverprint.adapters.browse import bodies
from silverprint.adapters.browse.pool import Action, Change
from silverprint.adapters.browse.site import MOST_SELECTED, Site, Stop

_SHOWN: Final = 48  # pictures on the page that asks
_LINES: Final = 200  # lines of a ledger on it
_LONGEST: Final = 500  # characters of what is said in one field


def browse(request: Request) -> Response:
    """The pool."""
    site: Site = request.app.state.site
    pool = site.pool
    return _page("browse.html", pool=pool, form=site.form, session=site.key[:8], facts=pool.facts)


async def confirm(request: Request) -> Response:
    """Shows the lines that a selection would become."""
    site, said, numbers, action = await _asked(request)
    change = await anyio.to_thread.run_sync(_draw_up, site, action, numbers, said)
    image_ids = site.require(numbers)
    shown = [
        {"number": number, "name": image_id[:8], "withheld": site.is_withheld(number)}
        for number, image_id in zip(numbers[:_SHOWN], image_ids, strict=False)
    ]
    fields = {field.name: said[field.name] for field in action.fields}
    return _page(
        "confirm.html", change=change, action=action, verb=said["action"], shown=shown, selected=len(numbers),
        lines=change.lines.head(_LINES).rows(), columns=change.lines.columns, form=site.form,
        numbers=",".join(map(str, numbers)), fields=fields,
    )  # fmt: skip


async def write(request: Request) -> Response:
    """Writes them, and says what comes next."""
    site, said, numbers, action = await _asked(request)
    change = await anyio.to_thread.run_sync(_write, site, action, numbers, said)
    return _page("written.html", change=change, action=action, session=site.key[:8])


def message(words: str, status: int) -> HTMLResponse:
    """A page of one sentence."""
    return _page("message.html", status, words=words)


async def _asked(request: Request) -> tuple[Site, dict[str, str], list[int], Action]:
    """What a form asks for.

    Raises:
        Stop: it is none of ours, or cannot be done.
    """
    site: Site = request.app.state.site
    said = await bodies.form(request)
    if not site.is_form(said.get("form", "")):
        raise Stop(403, "Only this page's own forms may change anything: open the page anew.")
    action = site.pool.actions.get(said.get("action", ""))
    if action is None or action.idle:
        raise Stop(400, action.idle if action else "There is no such thing to do with pictures.")
    for field in action.fields:
        said[field.name] = " ".join(said.get(field.name, "").split())[:_LONGEST]
        if not said[field.name] or (field.choices and said[field.name] not in field.choices):
            raise Stop(400, f"“{field.words}” is not said. Go back, and say it.")
    return site, said, _numbers(said.get("numbers", "")), action


def _numbers(text: str) -> list[int]:
    parts = text.split(",") if text else []
    if not parts or len(parts) > MOST_SELECTED:
        raise Stop(400, f"Choose 1 to {MOST_SELECTED:,} pictures.")
    if any(not (part.isascii() and part.isdigit() and len(part) < 9) for part in parts):
        raise Stop(400, "The request is none that this page makes.")
    return sorted({int(part) for part in parts})


def _draw_up(site: Site, action: Action, numbers: list[int], said: dict[str, str]) -> Change:
    return action.draw_up(site.require(numbers), said)


def _write(site: Site, action: Action, numbers: list[int], said: dict[str, str]) -> Change:
    change = _draw_up(site, action, numbers, said)
    if not change.lines.is_empty():
        change.write()
    return change


def _page(template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    return HTMLResponse(_templates().get_template(template).render(facts), status)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("silverprint.adapters.browse", "pages"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    return environment
