"""A proxy that the environment names is asked by neither channel: it would connect to whatever a name means to it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from silverprint.store import ShardReader
from tests.helpers.crawl_projects import configured
from tests.helpers.tinysite import Reply, html, serving
from tests.helpers.web_pictures import encoded

PROXY = "http://127.0.0.1:9"  # nobody is there


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["web", "urls"])
def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path, channel: str) -> None:
    replies = {
        "/": html('<a class="product" href="/p">x</a>'),
        "/p": html('<img class="photo" src="/picture.jpg">'),
        "/picture.jpg": Reply(encoded(1)),
    }
    with serving(replies) as site:
        (tmp_path / "list.csv").write_text(f"url\n{site.address}/picture.jpg\n")
        configured(tmp_path, channel, site, timeout_s=5)
        done = subprocess.run(
            [sys.executable, "-m", "silverprint", "acquire", channel],
            cwd=tmp_path, env=os.environ | {"http_proxy": PROXY, "HTTP_PROXY": PROXY, "all_proxy": PROXY},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ShardReader(tmp_path / "data/raw").index().filter(outcome="stored").height == 1
