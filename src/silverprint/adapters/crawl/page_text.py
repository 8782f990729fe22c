"""Text of a page: decoded by an encoding that browsers know, in bounded time, whatever the page declares.

Python knows more: `charset=base64` is an exception, `punycode` a decoder that takes minutes; and where nothing is
stated, Scrapy tries a hundred encodings on all of the page.
"""

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes
from lxml.etree import LxmlError
from scrapy.http import JsonResponse, TextResponse
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from silverprint.adapters.crawl.page_bounds import MAX_CHARACTERS, TOO_LARGE, is_too_large

NOT_A_PAGE: Final = "not-a-page"
MAX_REPLACED: Final = 100_000  # signs that its encoding does not have: each takes a microsecond

_LONGEST_SIGN: Final = 4  # bytes, in UTF-8, UTF-16 and UTF-32
_SAMPLE: Final = 1 << 14  # bytes that an encoding is guessed by
_CHUNK: Final = 1 << 16
_BY_LOCALE: Final = "cp1252"  # browsers' default for most languages
_SINGLE: Final = """
    cp866 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14
    iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic cp874 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256
    cp1257 cp1258
"""
_EASTERN: Final = (
    "gb18030",
    "gbk",
    "big5",
    "big5hkscs",
    "euc_jp",
    "iso2022_jp",
    "shift_jis",
    "cp932",
    "euc_kr",
    "cp949",
)
_UNICODE: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_KNOWN: Final = {codecs.lookup(name).name for name in (*_SINGLE.split(), *_EASTERN, *_UNICODE)}
_GUESSED: Final = [name.replace("-", "_") for name in ("cp1252", "cp1250", "cp1251", *_EASTERN)]
_ASCII: Final = bytes(range(128))
# What follows them is a part of the page all the same, as browsers have it; libxml2 leaves it out.
_ENDS: Final = re.compile(rb"</(?:body|html)\s{0,100}>", re.IGNORECASE)


def text_response(response: TextResponse) -> TextResponse | str:
    """The response with the encoding that it is read in, and a selector that is there; or the reason why it is none."""
    if len(response.body) > MAX_CHARACTERS * _LONGEST_SIGN:
        return TOO_LARGE
    encoding = encoding_of(response)
    text = decode(response.body, encoding)
    if text is None:
        return NOT_A_PAGE
    if len(text) > MAX_CHARACTERS or (not isinstance(response, JsonResponse) and is_too_large(text)):
        return TOO_LARGE
    body = response.body if isinstance(response, JsonResponse) else _ENDS.sub(b"", response.body)
    found: TextResponse = response.replace(body=body, encoding=encoding)
    try:
        found.selector.response = None  # no circle of the two: the page goes as soon as it was read
    except (ValueError, RecursionError, LxmlError):  # JSON nested without an end, or no document at all
        return NOT_A_PAGE
    return found


def encoding_of(response: TextResponse) -> str:
    """The encoding by byte order mark, header or page; a guess where those name none that browsers know."""
    body, header = response.body, response.headers.get("Content-Type") or b""
    marked = read_bom(body)[0]
    if marked is not None:
        return marked
    said = _known(http_content_type_encoding(header.decode("latin-1")))
    if said is None and (said := _known(html_body_declared_encoding(body))) is not None and said.startswith("utf-"):
        said = "utf-8"  # it could not have been read otherwise
    return said or _guessed(body)


def decode(body: bytes, encoding: str) -> str | None:
    """`body` as text; None where more than MAX_REPLACED of its signs are none in `encoding`."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        decoder, pieces, replaced = codecs.getincrementaldecoder(encoding)("replace"), list[str](), 0
    for at in range(0, len(body), _CHUNK):
        pieces.append(decoder.decode(body[at : at + _CHUNK], at + _CHUNK >= len(body)))
        replaced += pieces[-1].count("\N{REPLACEMENT CHARACTER}")
        if replaced > MAX_REPLACED:
            return None
    return "".join(pieces)


def _known(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    return found if found in _KNOWN else None


def _guessed(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        start = 0 if error.start < _SAMPLE else error.start
    else:
        return "utf-8"
    sample = body[start : start + _SAMPLE]
    lost = len(sample) - len(sample.decode("utf-8", "ignore").encode())
    if lost * 10 < len(sample.translate(None, _ASCII)):
        return "utf-8"  # a few odd bytes are replaced
    match = from_bytes(sample, cp_isolation=_GUESSED).best()
    return _known(match.encoding if match else None) or _BY_LOCALE
