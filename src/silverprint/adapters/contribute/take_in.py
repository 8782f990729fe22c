"""Reader of a crowd's inbox for acquire: what has arrived becomes rows of the source, and then leaves the inbox."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Final

from silverprint import layout
from silverprint.adapters.contribute import inbox, inbox_files
from silverprint.adapters.contribute.standing import Contributor, Picture
from silverprint.config import CrowdSource
from silverprint.console import say
from silverprint.core.licenses import spdx
from silverprint.fetch_result import Answer, Showing, StoredBytes
from silverprint.store.files import write_bytes
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource

EVIDENCE: Final = "contributor"  # as `license_evidence` has it: granted by whoever gave the picture


def take_in(name: str, source: CrowdSource, intake: Intake, _: CompletedSource) -> Callable[[], None]:
    """Hands all that waits in the inbox to `intake`; returns what empties the inbox, once the shards are on the disk.

    A file that is not what was given any more stays where it is, and is told of.

    Raises:
        DataError: the inbox's journal is damaged.
        DiskError: from the intake.
    """
    standing, folder = inbox.read_standing(name), layout.inbox(name)
    taken = []
    for picture in inbox.waiting(name):
        person = standing.contributors[picture.contributor]
        data = (folder / "pictures" / picture.image_id).read_bytes()
        if hashlib.sha256(data).hexdigest() != picture.stored_sha256:
            say(f"acquire {name}: {folder / 'pictures' / picture.image_id} is not as it was given; it is left there")
            continue
        _keep_agreement(name, person)
        intake.take(_showing(name, source, person, picture), _answer(picture, data))
        taken.append(picture.image_id)
    return partial(inbox_files.remove_pictures, name, taken)


def _answer(picture: Picture, data: bytes) -> Answer:
    return Answer(
        "present",
        image_id=picture.image_id,
        format=picture.format,
        last_modified=picture.at,
        reservation=picture.reservation,
        kept=StoredBytes([data], picture.stored_sha256),
    )


def contributor_page(pseudonym: str) -> str:
    """What a row's `page_url` has for a person's pictures, and what a takedown of them names."""
    return f"contributor:{pseudonym}"


def _showing(name: str, source: CrowdSource, person: Contributor, picture: Picture) -> Showing:
    theme = source.themes.get(person.theme)
    return Showing(
        url=f"{name}!{person.theme}/{person.pseudonym}/{picture.image_id}",
        page_url=contributor_page(person.pseudonym),
        license=spdx(person.license),
        license_evidence=EVIDENCE,
        source_label=None if theme is None else theme.label,
        contract=f"licence granted by the words {person.agreement}",
        consent=f"words {person.agreement}, agreed to {person.at} by invite {person.invite} on a {person.device}",
    )


def _keep_agreement(name: str, person: Contributor) -> None:
    """The words that somebody agreed to, beside the shards, under their SHA-256."""
    path = layout.raw(name) / "agreements" / f"{person.agreement}.txt"
    if not path.exists():
        write_bytes(path, (layout.inbox(name) / "agreements" / path.name).read_bytes())
