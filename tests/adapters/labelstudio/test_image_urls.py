"""The addresses of pictures, and of a proxy before our server: pure text, no server."""

from pathlib import Path

import pytest

from silverprint import layout
from silverprint.adapters.labelstudio import Studio, local_server
from silverprint.errors import ConfigError, UsageError

PICTURE = layout.SERVING / "campaign/r01/ü 1.jpg"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SILVERPRINT_MEDIA_URL", raising=False)
    monkeypatch.delenv("SILVERPRINT_STUDIO_HOST", raising=False)


def test_label_studio_serves_the_pictures():
    assert Studio.image_url(PICTURE) == "/data/local-files/?d=campaign/r01/%C3%BC%201.jpg"


@pytest.mark.parametrize("address", ["https://media.example.org/a", "https://media.example.org/a/"])
def test_somebody_else_serves_the_pictures(monkeypatch, address):
    monkeypatch.setenv("SILVERPRINT_MEDIA_URL", address)
    assert Studio.image_url(PICTURE) == "https://media.example.org/a/campaign/r01/%C3%BC%201.jpg"
    with pytest.raises(UsageError, match="only pictures below var/serving"):
        Studio.image_url(layout.SERVING / "../studio/server.json")


def test_an_address_of_pictures_that_is_none(monkeypatch):
    monkeypatch.setenv("SILVERPRINT_MEDIA_URL", "media.example.org")
    with pytest.raises(ConfigError, match=r"SILVERPRINT_MEDIA_URL is media\.example\.org"):
        Studio.image_url(PICTURE)


def test_without_a_proxy_no_other_origin_is_trusted():
    assert "CSRF_TRUSTED_ORIGINS" not in local_server.settings(Path("data"))


@pytest.mark.parametrize("address", ["https://label.example.org", "https://label.example.org:8443/"])
def test_pages_from_the_proxy_are_trusted(monkeypatch, address):
    monkeypatch.setenv("SILVERPRINT_STUDIO_HOST", address)
    assert local_server.settings(Path("data"))["CSRF_TRUSTED_ORIGINS"] == address.rstrip("/")


@pytest.mark.parametrize("address", ["label.example.org", "https://", "https://x/studio", "https://x y", "ftp://x"])
def test_a_proxy_that_has_no_address(monkeypatch, address):
    monkeypatch.setenv("SILVERPRINT_STUDIO_HOST", address)
    with pytest.raises(ConfigError, match="SILVERPRINT_STUDIO_HOST is "):
        local_server.settings(Path("data"))
