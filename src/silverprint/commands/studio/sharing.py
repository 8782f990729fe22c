"""Name and projects of a campaign on a Label Studio that several share: what is its own there."""

from pathlib import Path

from silverprint import config, layout
from silverprint.adapters.labelstudio import Studio
from silverprint.campaign import round_state
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.store import server_users
from silverprint.store.server_home import STUDIO
from silverprint.store.server_users import User


def name() -> str:
    """By which the projects of the campaign that is here are known."""
    return config.load().dataset.campaign if layout.PARAMS.exists() else Path.cwd().name


def require_own_name() -> list[User]:
    """Campaigns of the same name that joined, and whose folders are gone.

    Raises:
        UsageError: there is one whose folder is there: its projects would be taken for this one's.
    """
    here, mine = Path.cwd().resolve(), name()
    same = [user for user in server_users.known(STUDIO) if user.campaign == mine and user.folder != here]
    if there := [user for user in same if user.is_there]:
        rule = f"the campaign in {there[0].folder} has that name on the Label Studio that both would use"
        remedy = "give this one another name; or a server of its own: silverprint studio up --own"
        raise UsageError(f"dataset.campaign = {mine!r}", rule, remedy)
    return same


def set_aside(gone: User) -> None:
    """Gives the projects of a campaign that was removed another campaign's name, for this one has no part in them. A
    campaign that was only moved knows rounds, and keeps them.
    """
    server_users.forget(STUDIO, gone)
    if round_state.every():
        return
    backend, before = Studio.connect(), f"{gone.campaign} (was in {gone.folder})"
    projects = [one for one in backend.projects() if one.campaign == gone.campaign]
    for project in projects:
        backend.rename_campaign(project, before)
    if projects:
        said = f"{len(projects)} projects are of an earlier campaign {gone.campaign}, in {gone.folder}, which is gone"
        say(f"Label Studio: {said}; this one has no part in them")


def require_not_asked() -> None:
    """
    Raises:
        UsageError: people are asked on the server that campaigns share.
    """
    if server_users.this(STUDIO) is not None and (unfinished := unfinished_rounds()):
        rule = f"{unfinished[0]} is asked on the Label Studio of all your campaigns, and would be asked nowhere"
        raise UsageError("studio up --own", rule, "close the round first; or go on there: silverprint studio up")


def unfinished_rounds() -> list[str]:
    """The rounds in which people are asked."""
    return [state.round for state in round_state.every() if not state.is_closed]
