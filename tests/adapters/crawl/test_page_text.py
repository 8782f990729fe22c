"""Whatever encoding a page states, it is read as browsers read it, or is a row with a reason; soon, never an end."""

import weakref
from encodings.aliases import aliases

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse, JsonResponse, TextResponse, XmlResponse

from silverprint.adapters.crawl.page_bounds import MAX_CHARACTERS, TOO_LARGE
from silverprint.adapters.crawl.page_text import MAX_REPLACED, NOT_A_PAGE, text_response
from tests.helpers.clock import within

CHINESE = "<p>红色的手提包，真皮，适合日常使用。欢迎选购我们的新款女包。</p>" * 3
RUSSIAN = "<p>Красная кожаная сумка, удобная и вместительная, для прогулок и работы.</p>" * 3
ODD = ["base64", "bz2", "hex", "idna", "punycode", "undefined", "rot13", "utf-7", "unicode_escape", "no-such", "\xfc"]
CLASSES = st.sampled_from([HtmlResponse, XmlResponse, JsonResponse, TextResponse])
SECONDS = 1  # second of the processor, where some took 4 and some had no end


def read(body: bytes, charset: str | None = None, kind: type[TextResponse] = HtmlResponse) -> TextResponse | str:
    stated = "text/html" if charset is None else f"text/html; charset={charset}"
    return text_response(kind("http://a.example/", body=body, headers={"Content-Type": stated}))


def text(found: TextResponse | str) -> str:
    assert isinstance(found, TextResponse)
    return found.text


def test_a_page_goes_as_soon_as_it_was_read() -> None:
    found = read(b"<p>a")
    assert isinstance(found, TextResponse)
    page = weakref.ref(found.selector)
    del found
    assert page() is None  # without a search for circles


@pytest.mark.parametrize("charset", ODD)
def test_what_browsers_do_not_know_counts_as_nothing_said(charset: str) -> None:
    assert text(read("<p>Ü".encode(), charset)) == "<p>Ü"
    assert text(read(f'<meta charset="{charset}"><p>Ü'.encode())).endswith("<p>Ü")


@pytest.mark.parametrize(
    ("page", "encoding"),
    [(CHINESE, "gb18030"), (CHINESE, "utf-8"), (RUSSIAN, "cp1251"), (RUSSIAN, "utf-16"), ("<p>Größe, schön", "cp1252")],
)
def test_what_nothing_is_said_of_is_guessed(page: str, encoding: str) -> None:
    assert text(read(page.encode(encoding))) == page


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        ("<p>é".encode("cp1252"), "iso-8859-1", "<p>é"),
        (b"\xef\xbb\xbf<p>\xc3\xa9", "gbk", "<p>é"),  # the mark goes before the header
        ("<meta charset=gbk><p>红".encode(), "utf-8", "<meta charset=gbk><p>红"),  # the header before the page
        ("<meta charset=utf-16><p>é".encode(), None, "<meta charset=utf-16><p>é"),  # which could not say so in it
        ("<p>é".encode() * 20 + b"\xff", None, "<p>é" * 20 + "�"),  # UTF-8 with an odd byte
    ],
)
def test_as_browsers_read_it(body: bytes, charset: str | None, expected: str) -> None:
    assert text(read(body, charset)) == expected


@pytest.mark.parametrize(
    ("body", "charset"),
    [(b"\xff" * 4_000_000, charset) for charset in ("gbk", "windows-1253", "big5", "iso-2022-jp", None)]
    + [(b"a-" + b"bcd99z" * 600_000, "punycode"), (b"word \xe9\x80" * 550_000, None), (b"\xff" * 20_000_000, "gbk")],
)
def test_no_encoding_holds_the_crawl(body: bytes, charset: str | None) -> None:
    within(SECONDS, lambda: read(body, charset))


def test_what_is_no_text_is_no_page() -> None:
    assert read(b"\xff" * (MAX_REPLACED + 1), "gbk") == NOT_A_PAGE
    assert isinstance(read(b"\xff" * MAX_REPLACED, "gbk"), TextResponse)
    assert read(b"x" * (MAX_CHARACTERS + 1)) == TOO_LARGE
    assert read(b"1" * (MAX_CHARACTERS + 1), kind=JsonResponse) == TOO_LARGE
    assert read(b"[" * 100_000, kind=JsonResponse) == NOT_A_PAGE


@settings(deadline=None)
@given(st.sampled_from([*ODD, *aliases]) | st.text(max_size=9), st.binary(max_size=60), CLASSES)
def test_no_page_is_an_exception(charset: str, body: bytes, kind: type[TextResponse]) -> None:
    for stated in (f"text/html; charset={charset}".encode("utf-8", "surrogatepass"), b"text/html"):
        whole = f'<meta charset="{charset}">'.encode("utf-8", "surrogatepass") + body
        found = text_response(kind("http://a.example/", body=whole, headers={"Content-Type": stated}))
        assert found == NOT_A_PAGE if isinstance(found, str) else isinstance(found.text, str)


@pytest.mark.parametrize("end", ["</body></html>", "</BODY >", "</html>\n", "</body>" * 3])
def test_what_stands_behind_the_end_belongs_to_the_page_as_in_browsers(end: str) -> None:
    page = read(f"<html><body><img src=a.jpg>{end}<img src=b.jpg><p>x".encode())
    assert isinstance(page, TextResponse)
    assert page.css("body img::attr(src)").getall() == ["a.jpg", "b.jpg"]
