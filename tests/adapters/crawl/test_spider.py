"""A spider class of one's own, as docs/crawls.md has it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from silverprint import config
from silverprint.adapters.crawl.run import spider_class
from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.errors import ConfigError
from silverprint.store import ShardReader
from tests.adapters.crawl.test_hostile import acquire
from tests.helpers.crawl_projects import ROOT, configured
from tests.helpers.tinysite import Reply, picture, serving
from tests.helpers.web_pictures import encoded

SHOP = re.findall(r"```python\n(.+?)```", (ROOT / "docs/crawls.md").read_text(), re.S)[0]
SELECTORS = "    next: a[rel=next]\n    page: a.product\n    picture: img.photo\n"


def as_json(text: str) -> Reply:
    return Reply(text.encode(), headers={"Content-Type": "application/json"})


@pytest.mark.slow
def test_the_documents_spider_crawls_an_interface_of_json(tmp_path: Path) -> None:
    replies = {
        "/": as_json('{"products": [{"href": "/p/1"}], "next": "/more"}'),
        "/more": as_json('{"products": [{"href": "/p/2"}, {"href": "/p/3"}], "next": null}'),
        "/p/1": as_json('{"photos": ["/img/1.jpg", "img/2.jpg"], "category": "bag", "title": "a red bag"}'),
        "/p/2": as_json('{"photos": [], "category": "bag", "title": "none"}'),
        "/p/3": as_json('{"photos": ["/private/3.jpg"], "category": "bag", "title": "a closed one"}'),
        "/img/1.jpg": picture(encoded(1)),
        "/p/img/2.jpg": picture(encoded(2)),
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /private/\n"),
    }
    (tmp_path / "shop.py").write_text(SHOP)
    with serving(replies) as site:
        configured(tmp_path, "web", site, timeout_s=5)
        params = tmp_path / "params.yaml"
        assert SELECTORS in params.read_text()
        params.write_text(params.read_text().replace(SELECTORS, "    spider: shop:Shop\n"))
        acquire(tmp_path, "web")
        assert not [path for path, _ in site.asked if path.startswith("/private/")]
    rows = ShardReader(tmp_path / "data/raw").index()
    said = rows.select("url", "outcome", "reason", "source_label", "caption", "license", "license_evidence")
    assert {row[0].removeprefix(site.address): row[1:] for row in said.rows()} == {
        "/img/1.jpg": ("stored", None, "bag", "a red bag", "CC-BY-4.0", "spider"),
        "/p/img/2.jpg": ("stored", None, "bag", "a red bag", "CC-BY-4.0", "spider"),
        "/p/2": ("failed", "no-picture", None, None, None, None),
        "/private/3.jpg": ("refused", "robots", "bag", "a closed one", "CC-BY-4.0", "spider"),
    }


def test_a_spider_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "broken_spider.py").write_text("1 / 0")
    assert spider_class("shop", None) is ImageSpider
    for name, rule in (
        ("nowhere_spider:Shop", "cannot be imported .ModuleNotFoundError"),
        ("broken_spider:Shop", "cannot be imported .ZeroDivisionError: division by zero"),
        ("json:Shop", "json has no subclass of ImageSpider by the name Shop"),
        ("scrapy:Spider", "scrapy has no subclass of ImageSpider by the name Spider"),
    ):
        with pytest.raises(ConfigError, match=rf"sources\.shop\.spider = '{name}': .*{rule}"):
            spider_class("shop", name)


def test_what_a_source_without_a_spider_lacks_is_told() -> None:
    text = (ROOT / "params.yaml").read_text()
    for line in SELECTORS.splitlines(keepends=True)[:2]:
        assert config.parse(text.replace(line, "")).sources  # there is one listing page, or the pictures are on it
    with pytest.raises(ConfigError, match=r"sources\.web\.picture: is missing"):
        config.parse(text.replace("    picture: img.photo\n", ""))
    assert config.parse(text.replace(SELECTORS, "    spider: my.shops:Shop_2\n")).sources
    for bad in ("shop", "shop.py:Shop:x", "a-b:C", ":C", "m:"):
        with pytest.raises(ConfigError, match="a spider is module:Class"):
            config.parse(text.replace(SELECTORS, f"    spider: '{bad}'\n"))


@pytest.mark.slow
def test_a_wrong_name_is_a_configuration_error(tmp_path: Path) -> None:
    with serving({}) as site:
        configured(tmp_path, "web", site)
        params = tmp_path / "params.yaml"
        params.write_text(params.read_text().replace(SELECTORS, "    spider: shop:Shop\n"))
        done = subprocess.run(
            [sys.executable, "-m", "silverprint", "acquire", "web"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 78
    assert "sources.web.spider = 'shop:Shop'" in done.stderr
    assert "Traceback" not in done.stderr
