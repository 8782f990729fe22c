"""Needles: what is kept of a picture so that it can be looked for."""

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from silverprint.errors import DataError
from silverprint.store.traces import needles
from silverprint.store.traces.needles import Form
from tests.helpers.album import CHINA, jpeg, png, tile

ID = "a1" * 32
DATA = np.random.default_rng(1).bytes(5_000)


def test_they_are_kept_and_grow(tmp_path: Path) -> None:
    needles.save(tmp_path, needles.of(ID, [Form("stored bytes", DATA)]))
    needles.save(tmp_path, needles.of(ID, [Form("features", DATA[:400])]))
    kept = needles.load(tmp_path, ID)
    assert set(kept.excerpts) == {"stored bytes", "features"}
    assert all(excerpt in DATA for found in kept.excerpts.values() for excerpt in found)
    assert ID in kept.digests
    assert len(kept.digests) == 3
    assert DATA not in (tmp_path / f"{ID}.json").read_bytes()


def test_a_plain_picture_gives_no_excerpt_that_others_have() -> None:
    assert not needles.of(ID, [Form("thumbnail", bytes([255]) * 2304), Form("short", b"few")]).excerpts


@pytest.mark.parametrize("side", [24, 48, 128])
@pytest.mark.parametrize("in_text", [False, True])
def test_no_header_and_no_profile_is_taken_for_the_picture(side: int, in_text: bool) -> None:
    """Small pictures are hardly more than what every file of their kind has."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    makes = (
        jpeg,
        lambda picture: jpeg(picture, progressive=True, icc_profile=profile),
        lambda picture: png(picture, icc_profile=profile),
    )
    for make in makes:
        others = [make(tile(number, side)) for number in range(1, 20)]
        found = needles.of(ID, [Form("stored bytes", make(CHINA.resize((side, side))), in_text)]).excerpts
        looked = b"".join(base64.b64encode(other) if in_text else other for other in others)
        assert found
        assert not [excerpt for excerpt in found["stored bytes"] if excerpt in looked]


def test_damage_is_told(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.json").write_text("{")
    with pytest.raises(DataError, match="not as a purge writes it"):
        needles.load(tmp_path, ID)
