"""Client of the SDK for one server, its failures as our errors: they name the address, never the token."""

import functools
import json
import os
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import httpx

from silverprint.adapters.labelstudio import credentials
from silverprint.errors import NotAllowedError, SilverprintError, UnavailableError
from silverprint.store import server_home

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

_TIMEOUT: Final = httpx.Timeout(120.0, connect=10.0)
# The SDK checks nothing: another program's JSON breaks it, or us, anywhere. What is not JSON comes before these.
_STRANGE: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class ReadingAgain(httpx.Client):
    """Client that asks a second time where the server closed a kept connection just as a read began.

    Nothing else is ever repeated: a POST that came through, and whose answer was lost, would ask people twice.
    """

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        try:
            return super().send(request, **options)
        except httpx.RemoteProtocolError:
            if request.method != "GET":
                raise
            return super().send(request, **options)


def client(url: str, token: str) -> "LabelStudio":
    """The SDK's client, whose connections close with it: hold on to it, not to its parts.

    `token` is a legacy one, or a personal one (a JWT), which the SDK exchanges as it goes.
    """
    from label_studio_sdk import LabelStudio  # takes two seconds: only where a server is talked to

    http = ReadingAgain(timeout=_TIMEOUT, trust_env=trusts_proxies(url))
    made: LabelStudio = LabelStudio(  # type: ignore[no-untyped-call]
        base_url=f"{url}/", api_key=token, httpx_client=http, max_retries=0
    )
    weakref.finalize(made, http.close)
    return made


def has(client: "LabelStudio", path: str) -> bool:
    """Whether the server knows an address, whatever may be done there."""
    return get(client, path).status_code != httpx.codes.NOT_FOUND


def get(client: "LabelStudio", path: str) -> httpx.Response:
    """The server's answer, whatever its status, to what the SDK has no method for."""
    answer: httpx.Response = client._client_wrapper.httpx_client.request(path, method="GET")
    return answer


def post(client: "LabelStudio", path: str, body: Any, **query: str) -> Any:
    """The server's answer, from JSON, to what the SDK has no method for.

    Raises:
        ApiError: it refuses.
    """
    from label_studio_sdk.core.api_error import ApiError

    answer = client._client_wrapper.httpx_client.request(path, method="POST", params=query, json=body)
    if not answer.is_success:
        raise ApiError(status_code=answer.status_code, headers=dict(answer.headers), body=answer.text)
    return answer.json()


def trusts_proxies(url: str) -> bool:
    """Whether a proxy that the environment names may be asked: it never leads to this machine's own loopback."""
    return httpx.URL(url).host not in _LOOPBACK


def require_label_studio(client: "LabelStudio", url: str) -> None:
    """
    Raises:
        UnavailableError: something else answers at `url`.
    """
    try:
        release = client.versions.get().release
    except _STRANGE:
        release = None
    if not release:
        raise _stranger(url)


@contextmanager
def translate_failures(url: str) -> Iterator[None]:
    """What the SDK raises about the server at `url`, as our errors.

    Raises:
        UnavailableError: no answer, or one that is not Label Studio's.
        NotAllowedError: the token is refused.
    """
    from label_studio_sdk.core.api_error import ApiError
    from label_studio_sdk.core.parse_error import ParsingError

    try:
        yield
    except ApiError as error:
        raise _refusal(url, error) from None
    except json.JSONDecodeError:
        raise _no_json(url) from None
    except (ParsingError, *_STRANGE) as error:
        raise _stranger(url) from error
    except httpx.InvalidURL as error:
        remedy = "set LABEL_STUDIO_URL to http(s)://host:port"
        raise UnavailableError(url, f"not an address ({error})", remedy) from None
    except httpx.HTTPError as error:
        rule = f"Label Studio does not answer ({type(error).__name__})"
        raise UnavailableError(url, rule, "start it: silverprint studio up") from None


class _Server(Protocol):
    url: str


S = TypeVar("S", bound=_Server)
P = ParamSpec("P")
R = TypeVar("R")


def translates_failures(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that talks to the server at its object's `url`; its failures are translated by `translate_failures`."""

    @functools.wraps(method)
    def translated(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with translate_failures(self.url):
            return method(self, *args, **kwargs)

    return translated


def _refusal(url: str, error: "ApiError") -> SilverprintError:
    status = error.status_code or 0
    if status in {401, 403} and not os.environ.get("LABEL_STUDIO_API_KEY"):
        value = f"LABEL_STUDIO_API_KEY is not set, and {url} refuses the token in {credentials.server_file()}"
        rule = f"HTTP {status}: it was reset there, or is another server's"
        return NotAllowedError(value, rule, "run: silverprint studio up, which reads the current token")
    if status in {401, 403}:
        remedy = "copy a token from Account & Settings there, or unset it to use the server of silverprint studio up"
        return NotAllowedError("LABEL_STUDIO_API_KEY", f"{url} refuses this token (HTTP {status})", remedy)
    if 300 <= status < 400:
        target = (error.headers or {}).get("location", "")
        return UnavailableError(url, f"redirected to {target}", "set LABEL_STUDIO_URL to the final address")
    if 200 <= status < 300:
        return _no_json(url)
    rule, log = f"answered with HTTP {status}: {_said(error.body)}", server_home.STUDIO.folder / "log"
    return UnavailableError(url, rule, f"look into the server's log (here: {log}), then run again")


def _said(body: object) -> str:
    """What a refusal says in one line: of a page its title, of a locked database that it is."""
    text = str(body)
    if "database is locked" in text:
        return "its database is locked by another program"
    if "<html" not in text[:1000].lower():
        return text[:300]
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    return f"a page, {' '.join(title[1].split())[:80]!r}" if title else "a page"


def _stranger(url: str) -> UnavailableError:
    return UnavailableError(url, "something other than Label Studio answers", "set LABEL_STUDIO_URL to it")


def _no_json(url: str) -> UnavailableError:
    return UnavailableError(url, "not answered with JSON", "set LABEL_STUDIO_URL to Label Studio")
