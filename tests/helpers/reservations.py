"""Signals against training, on one site: what each picture meets, and what becomes of it in a crawl and in a list."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from silverprint.imaging.metadata.strip_png import chunk
from tests.helpers.tinysite import Reply, html
from tests.helpers.web_pictures import encoded

STORED = ("stored", None)
RESERVED = ("refused", "reserved")
TAGGED = ("refused", "x-robots-tag")
DMI = "http://ns.useplus.org/ldf/vocab/DMI-"


@dataclass(frozen=True)
class Case:
    """One picture at /c/NAME/ and the page /p/NAME that shows it; `{path}` in the site's files is /c/NAME/.

    Attributes:
        crawl: outcome and reason of its row in a crawl.
        said: the row's `reservation` there.
        robots, ai_txt: lines for everybody.
        tdmrep: rules.
        headers: of the picture.
        page_headers, page_head: of the page.
        listed: outcome, reason and reservation in a list, which knows no page, where they differ.
        is_asked: whether the picture is requested.
        data: of the picture, made of a seed.
        name: of its file.
    """

    crawl: tuple[str, str | None]
    said: str
    robots: tuple[str, ...] = ()
    ai_txt: tuple[str, ...] = ()
    tdmrep: tuple[dict[str, Any], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    page_headers: dict[str, str] = field(default_factory=dict)
    page_head: str = ""
    listed: tuple[str, str | None, str] | None = None
    is_asked: bool = True
    data: Callable[[int], bytes] = encoded
    name: str = "a.jpg"


def xmp(property_: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" {property_}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def attribute(term: str) -> bytes:
    return xmp(f'plus:DataMining="{DMI}{term}">')


def element(term: str) -> bytes:
    return xmp(f"><plus:DataMining>{DMI}{term}</plus:DataMining>")


def resource(term: str) -> bytes:
    return xmp(f'><plus:DataMining rdf:resource="{DMI}{term}"/>')


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload


def jpeg_with(*segments: bytes) -> Callable[[int], bytes]:
    def make(seed: int) -> bytes:
        plain = encoded(seed)
        return plain[:2] + b"".join(segments) + plain[2:]

    return make


def jpeg_xmp(packet: bytes) -> Callable[[int], bytes]:
    return jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def png_with(*chunks: bytes) -> Callable[[int], bytes]:
    def make(seed: int) -> bytes:
        plain = encoded(seed, "PNG")
        return plain[:33] + b"".join(chunks) + plain[33:]  # behind IHDR

    return make


def packed_xmp(packet: bytes) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet))


def cbor(value: Any) -> bytes:
    """A map of short texts and maps."""
    if isinstance(value, str):
        return bytes([0x78, len(value)]) + value.encode()
    return bytes([0xA0 + len(value)]) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


def box(kind: bytes, payload: bytes) -> bytes:
    return (len(payload) + 8).to_bytes(4) + kind + payload


def assertion(
    label: str, entries: dict[str, str], packed: Callable[[Any], bytes] = cbor, kind: bytes = b"cbor"
) -> bytes:
    """A superbox with one assertion, as in a C2PA manifest."""
    described = box(b"jumd", bytes(16) + b"\x03" + label.encode() + b"\0")
    content = {"entries": {name: {"use": use} for name, use in entries.items()}}
    return box(b"jumb", described + box(b"cbor", cbor(content)))


def app11(boxes: bytes, piece_size: int = 60_000) -> list[bytes]:
    """Segments of a JPEG (ISO 19566-5, D.2)."""
    pieces = [boxes[at : at + piece_size] for at in range(8, len(boxes), piece_size)]
    return [
        segment(0xEB, b"JP\0\1" + number.to_bytes(4) + boxes[:8] + boxes[8 + (number - 1) * piece_size :][:piece_size])
        for number in range(1, len(pieces) + 1)
    ]


NOT_ALLOWED = {"c2pa.ai_training": "notAllowed", "c2pa.ai_inference": "allowed"}

CASES: dict[str, Case] = {
    "nothing": Case(STORED, "none"),
    # AIPREF, robots.txt
    "usage": Case(RESERVED, "content-usage:train-ai=n@robots.txt",
                  robots=("Content-Usage: {path} train-ai=n",), is_asked=False),
    "usage-allows": Case(STORED, "content-usage:train-ai=y@robots.txt", robots=("Content-Usage: {path} train-ai=y",)),
    "usage-longest-path": Case(STORED, "content-usage:train-ai=y@robots.txt",
                               robots=("Content-Usage: {path} train-ai=n", "Content-Usage: {path}a train-ai=y")),
    "usage-same-path": Case(RESERVED, "content-usage:train-ai=n@robots.txt", is_asked=False,
                            robots=("Content-Usage: {path} train-ai=n", "Content-Usage: {path} train-ai=y")),
    "usage-wildcards": Case(RESERVED, "content-usage:train-ai=n@robots.txt", is_asked=False,
                            robots=("CONTENT-USAGE : {path}*.jpg$ search=y, train-ai=n",)),
    "usage-of-all": Case(RESERVED, "content-usage:bots=n@robots.txt", is_asked=False,
                         robots=("Content-Usage: {path} bots=n",)),
    "usage-of-all-but-training": Case(STORED, "content-usage:train-ai=y@robots.txt content-usage:bots=n@robots.txt",
                                      robots=("Content-Usage: {path} bots=n, train-ai=y",)),
    "usage-of-search": Case(STORED, "none", robots=("Content-Usage: {path} search=n",)),
    # AIPREF, header
    "usage-header": Case(RESERVED, "content-usage:train-ai=n@header", headers={"Content-Usage": "train-ai=n"}),
    "usage-header-allows": Case(STORED, "content-usage:train-ai=y@header", headers={"Content-Usage": "train-ai=y"}),
    "usage-header-parameters": Case(RESERVED, "content-usage:train-ai=n@header",
                                    headers={"Content-Usage": "search=y, train-ai=n;since=2026"}),
    "usage-header-earlier-words": Case(RESERVED, "content-usage:genai=n@header", headers={"Content-Usage": "genai=n"}),
    "usage-header-of-page": Case(RESERVED, "content-usage:train-ai=n@page-header", is_asked=False,
                                 page_headers={"Content-Usage": "train-ai=n"}, listed=(*STORED, "none")),
    # Content signals
    "signal": Case(RESERVED, "content-signal:ai-train=no@robots.txt", is_asked=False,
                   robots=("Content-Signal: {path} search=yes, ai-train=no",)),
    "signal-allows": Case(STORED, "content-signal:ai-train=yes@robots.txt",
                          robots=("Content-Signal: {path} search=yes, ai-train=yes",)),
    "signal-of-search": Case(STORED, "none", robots=("Content-Signal: {path} search=no, ai-input=no",)),
    "signal-header": Case(RESERVED, "content-signal:ai-train=no@header", headers={"Content-Signal": "ai-train=no"}),
    # noml
    "noml": Case(TAGGED, "noml:noml@header", headers={"X-Robots-Tag": "noml"}),
    "noai": Case(TAGGED, "noml:noai@header noml:noimageai@header", headers={"X-Robots-Tag": "noai, noimageai"}),
    "noml-for-others": Case(STORED, "none", headers={"X-Robots-Tag": "otherbot: noml"}),
    "noml-meta": Case(("refused", "meta-robots"), "noml:noml@page-meta", is_asked=False,
                      page_head='<meta name="robots" content="index, noml">', listed=(*STORED, "none")),
    # TDMRep
    "tdm-file": Case(RESERVED, "tdmrep:1@tdmrep.json", is_asked=False,
                     tdmrep=({"location": "{path}", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"},)),
    "tdm-file-first-match": Case(STORED, "tdmrep:0@tdmrep.json",
                                 tdmrep=({"location": "{path}*.jpg", "tdm-reservation": 0},
                                         {"location": "{path}", "tdm-reservation": 1})),
    "tdm-file-text": Case(RESERVED, "tdmrep:1@tdmrep.json", is_asked=False,
                          tdmrep=({"location": "{path}*$", "tdm-reservation": "1"},)),
    "tdm-file-of-others": Case(STORED, "none", tdmrep=({"location": "{path}b", "tdm-reservation": 1},)),
    "tdm-header": Case(RESERVED, "tdmrep:1@header", headers={"TDM-Reservation": "1"}),
    "tdm-header-allows": Case(STORED, "tdmrep:0@header", headers={"tdm-reservation": "0"}),
    "tdm-header-says-nothing": Case(STORED, "none", headers={"tdm-reservation": "2"}),
    "tdm-meta": Case(RESERVED, "tdmrep:1@page-meta", is_asked=False,
                     page_head='<meta name="tdm-reservation" content="1">', listed=(*STORED, "none")),
    # ai.txt
    "ai-txt": Case(RESERVED, "ai-txt:disallow@ai.txt", ai_txt=("Disallow: {path}*.jpg",), is_asked=False),
    "ai-txt-capitals": Case(RESERVED, "ai-txt:disallow@ai.txt", ai_txt=("Disallow: {path}*.jpg",), is_asked=False,
                            name="A.JPG"),
    "ai-txt-allows": Case(STORED, "ai-txt:allow@ai.txt", ai_txt=("Disallow: {path}", "Allow: {path}*.jpg")),
    # in the picture
    "xmp": Case(RESERVED, "data-mining:DMI-PROHIBITED@xmp", data=jpeg_xmp(attribute("PROHIBITED"))),
    "xmp-element": Case(RESERVED, "data-mining:DMI-PROHIBITED-AIMLTRAINING@xmp",
                        data=jpeg_xmp(element("PROHIBITED-AIMLTRAINING"))),
    "xmp-resource": Case(RESERVED, "data-mining:DMI-PROHIBITED-SEECONSTRAINT@xmp",
                         data=jpeg_xmp(resource("PROHIBITED-SEECONSTRAINT"))),
    "xmp-packed": Case(RESERVED, "data-mining:DMI-PROHIBITED-GENAIMLTRAINING@xmp",
                       data=png_with(packed_xmp(element("PROHIBITED-GENAIMLTRAINING")))),
    "xmp-webp": Case(RESERVED, "data-mining:DMI-PROHIBITED@xmp",
                     data=lambda seed: encoded(seed, "WEBP", xmp=attribute("PROHIBITED"))),
    "xmp-allows": Case(STORED, "data-mining:DMI-ALLOWED@xmp", data=jpeg_xmp(attribute("ALLOWED"))),
    "c2pa": Case(RESERVED, "c2pa:c2pa.ai_training=notAllowed@jumbf",
                 data=jpeg_with(*app11(assertion("c2pa.training-mining", NOT_ALLOWED)))),
    "c2pa-in-pieces": Case(RESERVED, "c2pa:c2pa.ai_training=notAllowed@jumbf",
                           data=jpeg_with(*app11(assertion("c2pa.training-mining", NOT_ALLOWED), piece_size=37))),
    "c2pa-constrained": Case(RESERVED, "c2pa:cawg.data_mining=constrained@jumbf",
                             data=png_with(chunk(b"caBX", assertion("cawg.training-mining__1",
                                                                    {"cawg.data_mining": "constrained"})))),
    "c2pa-allows": Case(STORED, "c2pa:cawg.ai_training=allowed@jumbf",
                        data=png_with(chunk(b"caBX", assertion("cawg.training-mining",
                                                               {"cawg.ai_training": "allowed"})))),
    "several": Case(RESERVED, "content-usage:train-ai=y@robots.txt tdmrep:1@header",
                    robots=("Content-Usage: {path} train-ai=y",), headers={"tdm-reservation": "1"}),
}  # fmt: skip


def place(name: str) -> str:
    return f"/c/{name}/{CASES[name].name}"


def replies() -> dict[str, Reply | Callable[[str], Reply]]:
    """The site: its start page, all pages and pictures, and its three files."""
    robots, ai_txt = ["User-agent: *", "Disallow: /closed/"], ["# Spawning AI", "User-Agent: *"]
    rules: list[Any] = []
    served: dict[str, Reply | Callable[[str], Reply]] = {}
    for seed, (name, case) in enumerate(CASES.items()):
        path = f"/c/{name}/"
        robots += [line.replace("{path}", path) for line in case.robots]
        ai_txt += [line.replace("{path}", path) for line in case.ai_txt]
        rules += json.loads(json.dumps(case.tdmrep).replace("{path}", path))
        served[place(name)] = Reply(case.data(seed), headers={"Content-Type": "image/jpeg", **case.headers})
        page = html(f'<img class="photo" src="{place(name)}">', case.page_head)
        served[f"/p/{name}"] = Reply(page.body, headers={**page.headers, **case.page_headers})
    served["/"] = html("".join(f'<a class="product" href="/p/{name}">x</a>' for name in CASES))
    served["/robots.txt"] = Reply("\n".join(robots).encode())
    served["/ai.txt"] = Reply("\n".join(ai_txt).encode())
    served["/.well-known/tdmrep.json"] = Reply(json.dumps(rules).encode())
    return served
