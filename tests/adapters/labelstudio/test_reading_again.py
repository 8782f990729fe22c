"""A read is repeated once where the server closed a kept connection; nothing that writes is ever repeated."""

import httpx
import pytest

from silverprint.adapters.labelstudio.sdk import ReadingAgain


def answering(lost: int) -> tuple[ReadingAgain, list[str]]:
    """A client of a server that loses so many requests, and the methods of those that came."""
    came: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request.method)
        if len(came) <= lost:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200)

    return ReadingAgain(transport=httpx.MockTransport(answer)), came


def test_a_read_is_asked_again_once() -> None:
    client, came = answering(lost=1)
    with client:
        assert client.get("http://127.0.0.1/api").is_success
    assert came == ["GET", "GET"]
    client, came = answering(lost=2)
    with client, pytest.raises(httpx.RemoteProtocolError):
        client.get("http://127.0.0.1/api")
    assert came == ["GET", "GET"]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_what_writes_is_never_repeated(method: str) -> None:
    client, came = answering(lost=1)
    with client, pytest.raises(httpx.RemoteProtocolError):
        client.request(method, "http://127.0.0.1/api")
    assert came == [method]
