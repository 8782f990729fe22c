"""Pictures that contributors took back by their page after a stage had taken them: nothing is to release them."""

from silverprint.adapters.contribute import inbox
from silverprint.campaign import ledgers
from silverprint.config import CrowdSource, Params

COMMAND = "silverprint contribute withdraw"  # what a person types so that all of them are withdrawn


def unheeded(params: Params) -> list[str]:
    """Those that no line of data/takedowns.csv withdraws yet, as far as the inboxes on this disk tell.

    Raises:
        DataError: an inbox is damaged.
    """
    crowds = [name for name, source in params.sources.items() if isinstance(source, CrowdSource)]
    found = {image_id for name in crowds for image_id in inbox.taken_back(name)}
    return sorted(found - set(ledgers.takedowns()["image_id"].drop_nulls())) if found else []
