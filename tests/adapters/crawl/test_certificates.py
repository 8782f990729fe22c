"""Over TLS, both channels that go out speak only to hosts whose certificate somebody trusted vouches for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from silverprint.store import ShardReader
from tests.helpers.certificates import self_signed
from tests.helpers.crawl_projects import configured
from tests.helpers.tinysite import SITE_FILES, html, photo, picture, serving
from tests.helpers.web_pictures import encoded

pytestmark = pytest.mark.slow


def acquire(project: Path, source: str, trusted: Path | None) -> None:
    environment = os.environ | ({} if trusted is None else {"SSL_CERT_FILE": str(trusted)})
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "acquire", source],
        cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("channel", ["web", "urls"])
def test_a_host_is_trusted_only_where_its_certificate_is(channel: str, tmp_path: Path) -> None:
    pem = self_signed(tmp_path / "host.pem")
    large = picture(encoded(1) + bytes(1_000_000))
    with serving({"/a.jpg": large}, certificate=pem) as secure, serving({}) as start:
        start.replies |= {"/": html('<a class="product" href="/p">x</a>'), "/p": photo(f"{secure.address}/a.jpg")}
        (tmp_path / "list.csv").write_text(f"url\n{secure.address}/a.jpg\n")
        configured(tmp_path, channel, start, timeout_s=5)
        params = tmp_path / "params.yaml"
        params.write_text(params.read_text().replace(f'["{start.host}"]', f'["{start.host}", "{secure.host}"]'))
        acquire(tmp_path, channel, trusted=None)
        assert secure.asked == []
        acquire(tmp_path, channel, trusted=pem)
        assert [path for path, _ in secure.asked] == [*SITE_FILES, "/a.jpg"]
    rows = ShardReader(tmp_path / "data/raw").index().filter(url=f"{secure.address}/a.jpg")
    assert rows.select("outcome", "reason").rows() == [("failed", "certificate"), ("stored", None)]
