import csv
import hashlib
import json
import subprocess
import sys
from collections import Counter
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx
import parsel
import pytest
from PIL import Image

from silverprint.demo import defects, image_rendering, shop_pages, site
from silverprint.demo.fashion import CLASSES
from silverprint.errors import UnavailableError

USUAL_TABLES = Image.open(BytesIO(image_rendering.jpeg(Image.new("RGB", (128, 128))))).quantization
USUAL = {url: name for name, url in shop_pages.ADDRESSES.items()}


def walk(visitor: httpx.Client) -> list[parsel.Selector]:
    """All product pages, found as a crawler finds them: by next links and product links."""
    found, address = [], "/"
    while address:
        listing = parsel.Selector(visitor.get(address).raise_for_status().text)
        found += listing.css("a.product::attr(href)").getall()
        address = listing.css("a[rel=next]::attr(href)").get()
    assert len(found) == len(set(found))
    return [parsel.Selector(visitor.get(product).raise_for_status().text) for product in found]


def licence(page: parsel.Selector) -> str | None:
    address = page.css("a[rel=license]::attr(href)").get()
    for text in page.css('script[type="application/ld+json"]::text').getall():
        data = json.loads(text)
        assert data["@context"] == "https://schema.org"
        address = data.get("image", data)["license"]
    return USUAL[address] if address else None


def kind_of(response: httpx.Response, seen: set[bytes], off_topic: set[str]) -> str:
    """The kind of dirt, judged by the answer alone (and the truth, for what is off topic)."""
    if response.status_code in (404, 500):
        return f"http-{response.status_code}"
    assert response.headers["content-type"] in ("image/jpeg", "image/png", "image/gif")
    if response.content.lstrip().startswith(b"<"):
        return "html"
    if "noai" in response.headers.get("x-robots-tag", ""):
        return "x-robots-tag"
    picture = Image.open(BytesIO(response.content))
    if picture.size == (1, 1):
        return "tracker"
    if picture.width * picture.height > 100_000_000:
        return "bomb"
    try:
        picture.load()
    except OSError:
        return "truncated"
    return kind_of_picture(picture, response.content, seen, off_topic)


def kind_of_picture(picture: Image.Image, body: bytes, seen: set[bytes], off_topic: set[str]) -> str:
    if hashlib.sha256(body).hexdigest() in off_topic:
        return "off-topic"
    if picture.format == "GIF":
        return "animated-gif" if picture.n_frames > 1 else defects.PLAIN
    if picture.mode == "CMYK":
        return "cmyk"
    if picture.getexif().get_ifd(0x8825):
        return "gps"
    if hashlib.sha256(body).digest() in seen:
        return "exact-copy"
    seen.add(hashlib.sha256(body).digest())
    if 110 < min(picture.size) < 128:
        return "near-cropped"
    if picture.size != (128, 128):
        return "near-resized"
    return defects.PLAIN if picture.quantization == USUAL_TABLES else "near-recompressed"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_dirt_is_served_as_counted(built, pictures, visitor, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with (built / "var/demo/truth.csv").open() as handle:
        off_topic = {row["image_id"] for row in csv.DictReader(handle) if row["label"] not in CLASSES}
    rules = RobotFileParser()
    rules.parse(visitor.get("/robots.txt").text.splitlines())
    kinds: Counter[str] = Counter()
    seen: set[bytes] = set()
    for page in walk(visitor):
        address = page.css("img.photo::attr(src)").get()
        assert address is not None
        kind = None
        if not rules.can_fetch("silverprint", address):
            kind = "robots-disallowed"
            assert visitor.get(address).is_success
        else:
            try:
                response = visitor.get(address, follow_redirects=True, timeout=4)
                kind = kind_of(response, seen, off_topic)
            except httpx.ReadTimeout:
                kind = "slow"
            except httpx.TooManyRedirects:
                kind = "redirect-loop"
        if kind == defects.PLAIN:
            kind = {None: "no-license", "CC-BY-NC-4.0": "refused-license"}.get(licence(page), kind)
        kinds[kind] += 1
    expected = defects.counts(pictures)
    for beside in ("partner-copy", *defects.OWN, *defects.LISTED, *defects.GIVEN):
        del expected[beside]
    del kinds[defects.PLAIN]
    assert kinds == expected


@pytest.mark.slow
def test_a_licence_is_said_in_the_usual_ways_or_not_at_all(visitor):
    pages = [parsel.Selector(visitor.get(f"/product/{number:05d}").text) for number in range(1, 120)]
    said = Counter("rel" if page.css("a[rel=license]") else "ld" if page.css("script") else None for page in pages)
    assert said["rel"] > said["ld"] > 0 < said[None]
    assert {licence(page) for page in pages} >= {"MIT", "CC-BY-4.0", "CC0-1.0", None}


def test_no_page_names_a_class(visitor):
    listing = visitor.get("/").text + visitor.get("/page/2").text
    for text in (listing, *(visitor.get(f"/product/{number:05d}").text for number in range(1, 60))):
        assert not [name for name in CLASSES if name in text.lower().replace("wardrobe", "")]


def test_pages_have_titles_and_each_picture_a_plain_name(visitor):
    page = parsel.Selector(visitor.get("/product/00007").text)
    assert page.css("h1::text").get() == "Product 00007"
    assert page.css("img.photo::attr(alt)").get() == "Product 00007"
    assert page.css("html::attr(lang)").get() == "en"


@pytest.mark.parametrize("address", ["/", "/product/00003", "/robots.txt", "/about"])
def test_what_has_not_changed_is_304(visitor, address):
    first = visitor.get(address)
    assert first.status_code == 200
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    for known in ({"If-None-Match": tag}, {"If-Modified-Since": changed}, {"If-None-Match": f'"other", {tag}'}):
        again = visitor.get(address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    stale = {"If-None-Match": '"other"', "If-Modified-Since": changed}
    assert visitor.get(address, headers=stale).content == first.content


def test_a_picture_is_304_and_keeps_its_robots_tag(built, visitor):
    page = next(page for page in site.load(built / "var/demo/site.zip").pages if page.kind == "x-robots-tag")
    first = visitor.get(f"/{page.picture}")
    again = visitor.get(f"/{page.picture}", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["x-robots-tag"] == again.headers["x-robots-tag"] == "noai, noimageai"


@pytest.mark.parametrize(
    "address", ["/page/0", "/page/9999", "/product/00000", "/product/99999", "/photos/no.jpg", "/x"]
)
def test_what_is_not_there_is_404(visitor, address):
    assert visitor.get(address).status_code == 404


def test_links_stay_on_the_site(site, visitor):
    page = parsel.Selector(visitor.get("/").text)
    links = [urljoin(site, link) for link in page.css("a::attr(href)").getall()]
    assert {urlsplit(link).netloc for link in links} == {urlsplit(site).netloc}


@pytest.mark.slow
def test_a_taken_port_is_one_line_and_exit_69(built, site):
    port = str(urlsplit(site).port)
    command = [sys.executable, "-m", "silverprint.demo", "site", "--port", port]
    done = subprocess.run(command, cwd=built, capture_output=True, text=True)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "choose another --port" in done.stderr


@pytest.mark.parametrize("broken", [None, b"not a zip", b""])
def test_a_site_that_was_not_built_says_how(tmp_path, broken):
    path = tmp_path / "site.zip"
    if broken is not None:
        path.write_bytes(broken)
    with pytest.raises(UnavailableError, match=r"run: python -m silverprint\.demo build"):
        site.load(path)


def test_the_bomb_is_small_on_disk_and_claims_more_than_a_hundred_megapixels():
    body = defects.body("bomb", None, 1, 7)
    assert body is not None
    assert len(body) < 50_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(BytesIO(body))
    width, height = (int.from_bytes(body[at : at + 4], "big") for at in (16, 20))
    assert width * height > 100_000_000
