"""Purge that reaches everything: this folder, earlier versions in DVC's cache, MLflow, Label Studio, the remotes."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial

from silverprint import layout
from silverprint.campaign import confirm, working_copy_purge
from silverprint.commands.takedown import forms, places, remedies, server
from silverprint.commands.takedown.survey import Place, Survey, survey
from silverprint.config import Params
from silverprint.console import say
from silverprint.dvcfiles import purged_objects, storage
from silverprint.errors import NotAllowedError, UnavailableError
from silverprint.store.traces import needles
from silverprint.store.traces.contents import Look


def look_for(image_ids: Collection[str]) -> Look:
    """Everything by which the pictures can be found."""
    return Look([needles.load(layout.NEEDLES, image_id) for image_id in sorted(image_ids)])


def run(params: Params, image_ids: Collection[str], yes: bool) -> None:
    """Takes the pictures out of every place that this machine reaches; says what it could not reach.

    Args:
        yes: whether objects of remotes may be deleted without a question.

    Raises:
        UnavailableError: an output is not on this disk, or DVC does not take the new shards.
        UsageError: the deletion on a remote was not confirmed; all else is done.
        DiskError: no space.
    """
    working_copy_purge.require_here(params)
    forms.keep_needles(params, image_ids)
    look = look_for(image_ids)
    working_copy_purge.run(params, image_ids)
    _reached("Label Studio", lambda: server.take_off(params, image_ids))
    _here(look)
    for place in places.objects(params):
        _reached(place.name, partial(_left_objects, place, look))
    for place in places.dvc():
        _reached(place.name, partial(_cache, place, look))
    for place in places.mlflow(params):
        _reached(place.name, partial(_artifacts, place, look))
    _remotes(look, yes)
    for where, _ in places.yours(params, image_ids):
        say(f"{where} is never changed by Silverprint: remove the picture there")
    say("Other clones and backups have copies of their own; what was pushed to a hub is in its history.")
    say("Go on: silverprint repro, then dvc push; the proof: silverprint takedown IMAGE_ID --prove")


def _here(look: Look) -> None:
    """What shows the pictures in data/, in var/, and with the servers that campaigns share."""
    gone = survey(places.data(), look).gone
    for path in working_copy_purge.remove_shown(gone):
        say(f"{path}: {remedies.verb(gone[path])} the picture, and no stage wrote it there: remove it")
    for place in (places.var(), *places.shared()):
        for path, found in survey(place, look).gone.items():
            if places.is_removable(path) and place.remove is not None:
                place.remove([path])
                say(f"{path}: removed")
            else:
                say(f"{path}: {remedies.verb(found)} the picture: {remedies.forms(found)}; {remedies.of_file(path)}")


def _cache(place: Place, look: Look) -> None:
    _objects(place, survey(place, look))


def _left_objects(place: Place, look: Look) -> None:
    """Those that no pointer names any more: of an upload that was killed, or of another clone."""
    gone = sorted(survey(place, look).gone)
    if gone and place.remove is not None:
        place.remove(gone)
        say(f"{place.name}: {len(gone)} objects removed")


def _artifacts(place: Place, look: Look) -> None:
    gone = sorted(survey(place, look).gone)
    if gone and place.remove is not None:
        place.remove(gone)
        say(f"{place.name}: {len(gone)} files removed; drawn again by: silverprint track sync")


def _objects(place: Place, seen: Survey) -> None:
    """Removes earlier versions that hold the pictures. The ledger is written first: it explains what is missing."""
    if not seen.gone or place.remove is None:
        return
    md5s = {md5 for path in (*seen.gone, *seen.listing) if (md5 := storage.md5_of(path))}
    purged_objects.note(md5s, datetime.now(UTC).isoformat(timespec="seconds"))
    place.remove(sorted(seen.gone))
    say(f"{place.name}: {len(seen.gone)} objects removed; {layout.PURGED} names them, commit it")


def _remotes(look: Look, yes: bool) -> None:
    found: list[tuple[Place, Survey]] = []
    for name in places.remotes():
        _reached(f"the remote {name}", partial(_look_at_remote, name, look, found))
    for place, seen in found:
        say(f"{place.name} holds the picture in {len(seen.gone)} objects:")
        for path in seen.gone:
            say(f"  {path}")
    if found:
        count, names = sum(len(seen.gone) for _, seen in found), ", ".join(place.name for place, _ in found)
        confirm.require(f"delete {count} objects for good from {names}", yes)
    for place, seen in found:
        _objects(place, seen)


def _look_at_remote(name: str, look: Look, found: list[tuple[Place, Survey]]) -> None:
    place = places.remote(name)
    seen = survey(place, look)
    if seen.gone:
        found.append((place, seen))


def _reached(what: str, work: Callable[[], object]) -> None:
    try:
        work()
    except (UnavailableError, NotAllowedError) as error:
        say(f"{what} was not reached and is as it was: {error}")
