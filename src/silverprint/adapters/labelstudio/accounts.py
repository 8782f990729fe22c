"""Accounts that can really sign in.

An account made through Label Studio's API has no usable password; one that signs up with the invitation link has.
"""

from urllib.parse import urljoin

import httpx

from silverprint.adapters.labelstudio.wire import Client
from silverprint.errors import UnavailableError


def sign_up(client: Client, email: str, password: str) -> None:
    """Makes an account as an invited person would: with the link, on the sign-up page.

    Raises:
        UnavailableError: the page is not there or refuses the account.
    """
    page = urljoin(client.url + "/", client.get("/api/invite")["invite_url"])
    try:
        with httpx.Client(trust_env=not client.local, timeout=60) as visitor:
            visitor.get(page).raise_for_status()
            form = {
                "csrfmiddlewaretoken": visitor.cookies.get("csrftoken", ""),
                "email": email,
                "password": password,
                "allow_newsletters": "false",
            }
            answer = visitor.post(page, data=form, headers={"Referer": page})
    except httpx.HTTPError as error:
        rule = f"the sign-up page does not answer ({type(error).__name__})"
        raise UnavailableError(client.url, rule, "look into the server's log, then run again") from None
    # The page leads on to the projects where it took the account, and shows itself again where it did not.
    if not answer.is_redirect:
        rule = f"the server did not take the account {email} (HTTP {answer.status_code})"
        raise UnavailableError(client.url, rule, "check the address, then run again")
