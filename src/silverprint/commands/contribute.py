"""silverprint contribute up|down|invite|end: the pages on which people give pictures."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from silverprint import contribute_page, layout
from silverprint.adapters import background_server
from silverprint.adapters.contribute import inbox, invite_notes, invites
from silverprint.adapters.contribute.examples import crowds, read_examples
from silverprint.adapters.contribute.serve import ADDRESS, public_address
from silverprint.config import Params
from silverprint.console import say
from silverprint.contribute_page import SERVICE
from silverprint.errors import UsageError

_DAY_S: Final = 86_400


def up(params: Params, port: int | None = None) -> None:
    """Starts the page on loopback, or says where it runs; without a port on its last one, at first one that is free.

    Raises:
        ConfigError: an example is no picture; the secret is none; SILVERPRINT_CONTRIBUTE_URL is no address.
        UnavailableError: the port is taken, or it does not start.
    """
    if not crowds(params):
        say("params.yaml has no source of the kind crowd: only people whom `recruit open --label` invites find a page")
    read_examples(params)  # so that a mistake is told here, and not in a log
    invites.signer()
    public = public_address()
    settings = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | ({} if public is None else {ADDRESS: public})

    def launch(chosen: int) -> background_server.Launch:
        command = [sys.executable, "-m", "silverprint.recruiting.serve", str(chosen)]
        return background_server.Launch(command, background_server.environment(**settings), layout.PARAMS.parent)

    background_server.up(SERVICE, port, launch)


def down() -> None:
    """Stops it; what arrived stays, and uploads that did not arrive whole go on later."""
    was_up = background_server.down(SERVICE)
    say("the contributors' page is stopped" if was_up else "the contributors' page is not running")


def invite(
    params: Params,
    source: str,
    theme: str | None = None,
    pictures: int = 50,
    days: int = 14,
    links: int = 1,
    notes: Sequence[str] = (),
) -> None:
    """Prints links, each good for so many pictures and days; a note says for whom one is, and stays on this machine.

    Raises:
        UsageError: no such crowd or theme; another number of links than of notes.
        UnavailableError: the page was never started, and no proxy is named.
        DiskError: no space.
    """
    if notes and links not in (1, len(notes)):
        rule = f"--for names {len(notes)}, and each --for is a link of its own"
        raise UsageError(f"--links {links}", rule, "leave --links out, or give as many --for")
    theme, address = contribute_page.theme_of(params, source, theme), contribute_page.address()
    signer, until = invites.signer(), int(time.time()) + days * _DAY_S
    for note in notes or [""] * links:
        made = invites.Invite(invites.new_key(), source, theme, pictures, until)
        if note:
            invite_notes.add(made.key, note)
        sys.stdout.write(f"{address}/i/{signer.invite(made)}{f'  {note}' if note else ''}\n")
    count = len(notes) or links
    each = "the link is" if count == 1 else f"each of {count} links is"
    if contribute_page.is_private(address):
        say(f"only this machine or house reaches {address}; for others: {contribute_page.PUBLISH}")
    say(f"{each} good for {pictures} pictures, until {time.strftime('%Y-%m-%d %H:%M', time.localtime(until))}")


def end(params: Params, link: str) -> None:
    """Lets nobody more begin by a link; who began may finish, look at what they gave, and take it back.

    Raises:
        UsageError: it is no link to a crowd of this campaign.
    """
    found = invites.signer().read_invite(urlsplit(link).path.rpartition("/i/")[2])
    if found is None or found.source not in crowds(params):
        raise UsageError(link[:120], "is no link of this campaign's invites", "give it whole, as it was printed")
    inbox.end_invites(found.source, found.key)
    say(f"nobody more begins by the invite {found.key}; who did: silverprint contribute status")
