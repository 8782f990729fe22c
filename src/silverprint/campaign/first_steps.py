"""Steps of a new campaign that are still to be done before people can be asked, as far as files here tell."""

import os
from collections.abc import Iterator

from silverprint import layout
from silverprint.campaign import account_names, crowd_steps, round_state
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.store import server_users
from silverprint.store.server_home import STUDIO


def lacking(params: Params) -> Iterator[str]:
    """The commands that come before the first round, in their order; none once a round was pushed."""
    if round_state.every():
        return
    was_read = layout.MANIFEST.exists() or str(layout.CLEAN) in missing_outputs.known_outputs()
    if not was_read and (before := crowd_steps.lacking(params)):
        yield before
    if not os.environ.get("LABEL_STUDIO_URL"):
        user = server_users.this(STUDIO)
        if not STUDIO.is_running:
            yield "silverprint studio up (Label Studio does not run here)"
        elif not STUDIO.is_own and (user is None or not user.is_up):
            yield "silverprint studio up (Label Studio runs, for other campaigns)"
    if not account_names.invited():
        yield "silverprint people invite NAME (nobody has an account yet)"
    if not params.chain and not was_read:
        yield "silverprint repro (it reads the pictures, and asks nobody)"
