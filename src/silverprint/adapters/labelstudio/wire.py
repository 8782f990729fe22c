"""HTTP to a Label Studio server: tokens of both kinds, and every failure in our words."""

import weakref
from collections.abc import Generator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from silverprint.errors import NotAllowedError, UnavailableError

_TIMEOUT: Final = httpx.Timeout(120.0, connect=10.0)
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class _Token(httpx.Auth):
    """A legacy token is sent as it is; a personal one (a JWT) is exchanged for an access token of some minutes."""

    requires_response_body = True

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._personal = token.count(".") == 2
        self._access = "none yet"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not self._personal:
            request.headers["Authorization"] = f"Token {self._token}"
            yield request
            return
        request.headers["Authorization"] = f"Bearer {self._access}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            answer = yield httpx.Request("POST", f"{self._url}/api/token/refresh/", json={"refresh": self._token})
            if answer.is_success:
                self._access = str(answer.json()["access"])
                request.headers["Authorization"] = f"Bearer {self._access}"
                yield request


class Client:
    """JSON in, JSON out. Messages name the address, never the token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        try:
            self.local = urlsplit(self.url).hostname in _LOOPBACK
            # A proxy from the environment never leads to this machine's own loopback: hence trust_env.
            self._http = httpx.Client(
                base_url=self.url, auth=_Token(self.url, token), timeout=_TIMEOUT, trust_env=not self.local
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise self._unavailable(
                f"not an address ({error})", "set LABEL_STUDIO_URL to http(s)://host:port"
            ) from None

        weakref.finalize(self, self._http.close)

    def get(self, path: str, **params: Any) -> Any:
        return self._json("GET", path, params=params)

    def post(self, path: str, body: Any, **params: Any) -> Any:
        return self._json("POST", path, params=params, json=body)

    def patch(self, path: str, body: Any) -> Any:
        return self._json("PATCH", path, json=body)

    def _json(self, method: str, path: str, **request: Any) -> Any:
        """The decoded answer.

        Raises:
            UnavailableError: no answer, or one that is not Label Studio's.
            NotAllowedError: the token is refused.
        """
        try:
            response = self._http.request(method, path, **request)
        except (httpx.TransportError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            rule = f"Label Studio does not answer ({type(error).__name__})"
            raise self._unavailable(rule, "start it: silverprint studio up") from None
        if response.status_code in {401, 403}:
            rule = f"{self.url} refuses this token (HTTP {response.status_code})"
            remedy = (
                "copy a token from Account & Settings there, or unset it to use the server of silverprint studio up"
            )
            raise NotAllowedError("LABEL_STUDIO_API_KEY", rule, remedy)
        if response.is_redirect:
            target = response.headers.get("location", "")
            raise self._unavailable(f"{path} is redirected to {target}", "set LABEL_STUDIO_URL to the final address")
        if not response.is_success:
            detail = response.text[:300]
            rule = f"{method} {path} was answered with HTTP {response.status_code}: {detail}"
            raise self._unavailable(rule, "look into the server's log (here: var/studio/log), then run again")
        try:
            return response.json()
        except ValueError:
            raise self._unavailable(
                f"{path} was not answered with JSON", "set LABEL_STUDIO_URL to Label Studio"
            ) from None

    def _unavailable(self, rule: str, remedy: str) -> UnavailableError:
        return UnavailableError(self.url, rule, remedy)
