"""Pictures and features by image_id."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint import layout
from silverprint.errors import DataError, NotAllowedError, UsageError
from silverprint.imaging.decode import decode
from silverprint.notebook import Campaign
from silverprint.records import MANIFEST
from silverprint.store import ShardReader, tables
from silverprint.store.features import Features
from tests.notebook.test_frames import withdraw


def kept(campaign: Campaign) -> list[str]:
    return campaign.images().filter("kept")["image_id"].to_list()


def test_pictures_are_the_stored_ones_in_the_order_asked(campaign: Campaign, folder: Path) -> None:
    names = [*kept(campaign)[5:2:-1], kept(campaign)[4]]
    stored = ShardReader(folder / "data/raw")
    shown = dict(campaign.pictures(names))
    assert [name for name, _ in campaign.pictures(names)] == names
    for name, data in stored.read(names):
        assert np.array_equal(np.asarray(shown[name]), decode(data).pixels)
        assert shown[name].mode == "RGB"


def test_a_side_bounds_both_and_keeps_the_proportions(campaign: Campaign) -> None:
    assert campaign.picture(kept(campaign)[0], side=20).size == (20, 20)
    assert campaign.picture(kept(campaign)[0], side=4000).size == (128, 128)


def test_pictures_are_read_from_wherever_the_work_goes_on(campaign: Campaign, tmp_path: Path) -> None:
    waiting = campaign.pictures(kept(campaign)[:2])
    os.chdir(tmp_path.parent)
    try:
        assert len(list(waiting)) == 2
    finally:
        os.chdir(tmp_path)


def of_reason(campaign: Campaign, reason: str) -> str:
    return str(campaign.images().filter(reason=reason)["image_id"][0])


def test_what_is_shown_to_nobody_is_refused_before_the_first_picture(campaign: Campaign, folder: Path) -> None:
    name = kept(campaign)[0]
    with pytest.raises(NotAllowedError, match=r"nobody is shown it \(license-unknown\)"):
        campaign.pictures([name, of_reason(campaign, "license-unknown")])
    with pytest.raises(DataError, match=r"does not decode \(truncated\)"):
        campaign.picture(of_reason(campaign, "undecodable"))
    with pytest.raises(UsageError, match="the manifest has no such image"):
        campaign.picture("f" * 64)
    assert campaign.picture(name)
    withdraw(folder, name)
    for refused in (campaign.picture, campaign.features, campaign.pictures, campaign.feature_batches):
        with pytest.raises(NotAllowedError, match=f"{name}: it is withdrawn"):
            refused(name)


def test_a_picture_that_clean_withdrew_is_refused(campaign: Campaign, folder: Path) -> None:
    manifest = tables.read(folder / layout.MANIFEST, MANIFEST)
    name = str(manifest.filter(reason="withdrawn")["image_id"][0])
    with pytest.raises(NotAllowedError, match="withdrawn"):
        campaign.picture(name)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 99), max_size=30), size=st.integers(1, 40))
def test_features_are_those_on_disk_whatever_the_order(campaign: Campaign, places: list[int], size: int) -> None:
    known = kept(campaign)
    names = [known[place] for place in places]
    on_disk = Features(campaign.folder / layout.EMBED)
    rows = campaign.features(names)
    assert rows.dtype == np.float32
    assert np.array_equal(rows, on_disk.matrix(names))
    batches = list(campaign.feature_batches(names, size=size))
    assert all(0 < len(ids) == len(found) <= size for ids, found in batches)
    got = {name: row for ids, found in batches for name, row in zip(ids, found, strict=True)}
    assert got.keys() == set(names)
    assert sum(len(ids) for ids, _ in batches) == len(got)
    assert all(np.array_equal(got[name], row) for name, row in zip(names, rows, strict=True))


def test_an_image_without_features_is_named(campaign: Campaign) -> None:
    name = of_reason(campaign, "undecodable")
    with pytest.raises(DataError, match=f"{name}: the picture has no features; run: silverprint repro embed"):
        campaign.features(pl.Series([name]))
