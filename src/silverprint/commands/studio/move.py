"""silverprint studio move: a campaign's own Label Studio becomes, or joins, the one of all campaigns of its user."""

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import moving
from silverprint.commands.studio import server, sharing
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.store import server_users
from silverprint.store.server_home import STUDIO


def move() -> None:
    """Where the user's campaigns have no Label Studio yet, this one's becomes it, with people, projects and answers.
    Where they have, the two stay apart: this one's data are kept aside, and the campaign goes on there.

    Raises:
        UsageError: the campaign has no server of its own, or one of the two runs, or people are asked on its own.
    """
    if not STUDIO.is_own:
        raise UsageError("studio move", "this campaign has no Label Studio of its own", "run: silverprint studio up")
    _require_stopped()
    with server_users.alone(STUDIO):
        sharing.require_own_name()
        takes_over = not STUDIO.holds_data(STUDIO.shared)
        if not takes_over and (unfinished := sharing.unfinished_rounds()):
            rule = f"{unfinished[0]} is asked on this campaign's own Label Studio, and your campaigns have another one"
            raise UsageError("studio move", rule, "close the round first; until then this one goes on as it is")
        if takes_over:
            moving.copy(layout.STUDIO, STUDIO.shared)
        aside = moving.put_aside(layout.STUDIO)
        if takes_over:
            moving.serve_from_here()
        server_users.join(STUDIO, sharing.name())
        server_users.leave(STUDIO)
    what = "people, projects and answers are there" if takes_over else "its next rounds are asked there: invite people"
    say(f"Label Studio: this campaign uses that of all your campaigns from now on; {what}")
    say(f"its own data are kept in {aside}: remove them when you miss nothing. Start it: silverprint studio up")


def _require_stopped() -> None:
    """
    Raises:
        UsageError: a server runs on data that are moved.
    """
    for folder, option in ((layout.STUDIO, ""), (STUDIO.shared, " --all, in a campaign that uses it")):
        if background_server.is_held(server.service(folder)):
            rule = "Label Studio runs, on data that would be moved"
            raise UsageError(str(folder), rule, f"run: silverprint studio down{option}")
