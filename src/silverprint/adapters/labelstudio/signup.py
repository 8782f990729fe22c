"""Accounts that can really sign in.

An account made through Label Studio's API has no usable password; one that signs up with the invitation link has. The
sign-up page is a page: the SDK does not know it.
"""

import httpx

from silverprint.adapters.labelstudio import sdk
from silverprint.errors import UnavailableError


def sign_up(url: str, page: str, email: str, password: str) -> None:
    """Makes an account on the server at `url`, as an invited person would, on the sign-up `page` of the invitation.

    Raises:
        UnavailableError: the page is not there or refuses the account.
    """
    try:
        with httpx.Client(trust_env=sdk.trusts_proxies(url), timeout=60) as visitor:
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
        raise UnavailableError(url, rule, "look into the server's log, then run again") from None
    # The page leads on to the projects where it took the account, and shows itself again where it did not.
    if not answer.is_redirect:
        rule = f"the server did not take the account {email} (HTTP {answer.status_code})"
        raise UnavailableError(url, rule, "check the address, then run again")
