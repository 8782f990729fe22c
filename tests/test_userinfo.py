"""No user and no password of an address is left in what is kept or printed, however the address is written."""

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from silverprint.errors import ConfigError
from silverprint.userinfo import HIDDEN, without_passwords, without_userinfo

SLASHES = st.sampled_from(["//", "\\\\", "/", "\\", "", "///", "/\\/", "//\t"])
SECRETS = st.text("secrt0:;@=&%!$ ü", min_size=3, max_size=12).map(lambda text: f"a:{text}SECRET")
PLACES = st.sampled_from(["h.example", "127.0.0.1:8178", "[::1]:80", "h.example:99999", ""])
REST = st.sampled_from(["", "/p1", "\\p@2x.jpg", "?q=@", "#@", "/a/@b"])


@given(st.sampled_from(["http:", "HTTPS:", "ftp:", "h\tttp:", "\x01 http:"]), SLASHES, SECRETS, PLACES, REST)
def test_no_secret_is_left_however_it_is_written(scheme: str, slashes: str, secret: str, place: str, rest: str) -> None:
    found = without_userinfo(f"{scheme}{slashes}{secret}@{place}{rest}", HIDDEN)
    assert "SECRET" not in found
    assert found.endswith(f"{HIDDEN}@{place}{rest}")
    assert without_userinfo(found, HIDDEN) == found
    assert "SECRET" not in without_userinfo(f"{scheme}{slashes}{secret}@[no host{rest}")
    assert "SECRET" not in without_userinfo(f"{scheme}{slashes}{secret}@{place}{rest}")


@given(st.text("htps:/\\?#@.[]0 a\t%ü", max_size=24).map("http:".__add__))
@example("http:\\\\user:secret@h/x")
@example("http://127.0.0.1:8123\\@example.org/x")
@example("http://a:b@c@d/")
def test_what_is_taken_out_is_what_the_url_standard_calls_user_and_password(address: str) -> None:
    try:
        read = ada_url.URL(address)
    except ValueError:
        return
    found = without_userinfo(address)
    assert (found != address) == bool(read.username or read.password)
    left = ada_url.URL(found)
    assert (left.username, left.password) == ("", "")
    assert (left.host, left.pathname, left.search) == (read.host, read.pathname, read.search)


@pytest.mark.parametrize("slash", ["/", "?", "#", "\\"])
def test_a_password_may_hold_what_ends_a_host(slash: str) -> None:
    assert without_userinfo(f"http://ada:se{slash}cret@h.example/x") == "http://h.example/x"
    assert without_userinfo(f"http://ada:p@x:se{slash}cret@h.example/x") == "http://h.example/x"


@pytest.mark.parametrize(
    "address",
    [
        "photos.zip!ada:b@2x.jpg", "photos!a@2x.jpg", "http://h.example/@ada", "http://h.example:80/a@2x.jpg",
        "s3://bucket/a:b@2x.jpg", "http://[::1]/a@b", "http://h?to=a:b@c", "mailto:ada@h.example", "data:image/png,a@b",
        "http://@h.example/", "http://:@h.example/", "", "@", "p",
    ],
)  # fmt: skip
def test_what_names_nobody_stays_as_it_is(address: str) -> None:
    assert without_userinfo(address) is address


def test_words_about_an_address_show_no_password() -> None:
    said = without_passwords("see http://ada:secret@h/x, 'http:\\\\\\\\ada:secret@h' and postgresql://u@h/n; a:b@c")
    assert said == "see http://***@h/x, 'http:\\\\\\\\***@h' and postgresql://u@h/n; a:b@c"


def test_no_error_shows_the_password_of_an_address() -> None:
    for address in ("http://ada:SECRET@h/", "http:\\\\ada:SECRET@h/", "https:ada:SECRET@h", "s3://ada:SECRET@h/b"):
        assert "SECRET" not in str(ConfigError(f"start.0 = {address!r}", "a rule", "a remedy"))
