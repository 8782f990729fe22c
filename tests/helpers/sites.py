"""Small sites as the web has them, each with one way of its own; all on one server, the name first in the path."""

from collections.abc import Callable
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from tests.helpers.tinysite import Reply, html, picture
from tests.helpers.web_pictures import encoded

BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
LAZY = {
    "1": f'<img class=photo src="{BLANK}" data-src="/lazy/real1.jpg">',
    "2": '<img class=photo src="/lazy/spinner.jpg" data-original="/lazy/real2.jpg">',
    "3": '<img class=photo srcset="/lazy/spinner.jpg 100w, /lazy/real3.jpg 800w" sizes="100vw">',
    "4": '<picture class=p><source class=photo srcset="/lazy/real4.jpg" type="image/jpeg"></picture>',
    "5": '<img class=photo data-src="/lazy/real5.jpg"><noscript><img class=photo src="/lazy/real5.jpg"></noscript>',
    "6": '<img class=photo src="/lazy/spinner.jpg"><noscript><img src="/lazy/real6.jpg"></noscript>',
    "7": '<div class=photo style="background-image:url(/lazy/real7.jpg)"></div>',
}
SLASH = {
    "/slash/sub/item1.html": '<img class=photo src="..\\img\\a b.jpg">',
    "/slash/item2.html": '<img class=photo src="img/100%.jpg"><img class=photo src="img/Foto (1) ÄÖ.JPG">'
    '<img class=photo src="img/x|y[1].jpg?v=1 2">',
    "/slash/item3.html": '<img class=photo src="./../slash/./img/dots.jpg#zoom">',
}
SLASH_LISTING = (
    '<a class=product href="sub\\item1.html">1</a> <a class=product href="/slash/item2.html">2</a>'
    ' <a class=product href="\n  ../../slash/ite\nm3.html  ">3</a>'
)
Replies = dict[str, Reply | Callable[[str], Reply]]


def products(*addresses: str) -> str:
    return "".join(f'<a class=product href="{address}">x</a>' for address in addresses)


def photos(*addresses: str) -> str:
    return "".join(f'<img class=photo src="{address}">' for address in addresses)


def gbk(body: str) -> Reply:
    return Reply(f'<html><head><meta charset="gbk"></head><body>{body}</body></html>'.encode("gbk"),
                 headers={"Content-Type": "text/html"})  # fmt: skip


def _in_gbk(path: str) -> Reply:
    """What only a query in the page's encoding finds, and only a path in UTF-8."""
    parts = urlsplit(path)
    asked = (unquote_to_bytes(parts.path).decode(), unquote_to_bytes(parts.query))
    return {
        ("/gbk/show", "name=红色".encode("gbk")): gbk("<h1 class=k>红色的包</h1>" + photos("/gbk/img?f=图片1")),
        ("/gbk/路径.html", b""): gbk("<h1 class=k>路径</h1>" + photos("/gbk/图.jpg")),
        ("/gbk/img", "f=图片1".encode("gbk")): picture(encoded(1)),
        ("/gbk/图.jpg", b""): picture(encoded(2)),
        ("/gbk/", b""): gbk(products("/gbk/show?name=红色", "/gbk/路径.html")),
    }.get(asked, Reply(status=404))


def _trap(path: str) -> Reply:
    """A shop that answers every page number with its last page."""
    number = int(parse_qs(urlsplit(path).query).get("page", ["1"])[0])
    return html(products("/traps/p1", "/traps/p2") + f'<a rel=next href="/trap/?page={number + 1}">next</a>')


def replies() -> Replies:
    base = '<base href="/base/assets/">'
    served: Replies = {
        "/base/gallery/": html(products("item1.html") + '<a rel=next href="page2.html">next</a>', base),
        "/base/assets/page2.html": html(products("item2.html"), base),
        "/gbk/": _in_gbk,
        "/slash/": html(SLASH_LISTING),
        "/refresh/": html("sent on", '<meta http-equiv=Refresh content="0; URL=/refresh/list.html">'),
        "/refresh/list.html": html(products("/refresh/p1")),
        "/refresh/p1": html(photos("/i/refresh")),
        "/flat/": html(photos("/i/flat1", "/i/flat2") + '<a rel=next href="/flat/2">n</a>'),
        "/flat/2": html(photos("/i/flat3")),
        "/direct/": html('<a class=product href="/i/direct1"><img class=photo src="/i/thumb1"></a>'),
        "/lazy/": html(products(*(f"/lazy/item{number}" for number in LAZY))),
        "/js/": html("<div id=root></div><script src=/js/app.js></script>"),
        "/wall/": html("<h1>We value your privacy</h1><p>May we set cookies?</p><form><button>Yes</button></form>"),
        "/trap/": _trap,
        "/odd/": Reply(b"{}", headers={"Content-Type": "application/json"}),
        "/huge/": html("<i>" * 60_000),
    }
    for number in (1, 2):
        served[f"/base/assets/item{number}.html"] = html(photos(f"pic{number}.jpg"), base)
        served[f"/base/assets/pic{number}.jpg"] = picture(encoded(10 + number))
        served[f"/traps/p{number}"] = html(photos(f"/i/trap{number}"))
    served |= {path: html(body) for path, body in SLASH.items()}
    for number, body in LAZY.items():
        served[f"/lazy/item{number}"] = html(body)
        served[f"/lazy/real{number}.jpg"] = picture(encoded(20 + int(number)))
    served["/slash/img/"] = lambda path: picture(encoded(sum(path.encode()) % 4_000))
    served["/i/"] = lambda path: picture(encoded(5_000 + sum(path.encode())))
    return served
