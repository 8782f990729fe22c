"""silverprint model augmentations: a page of what a network would be shown."""

import re
from dataclasses import replace

import numpy as np
import pytest

from silverprint import config, layout
from silverprint.commands import model_augmentations
from silverprint.config import Augment, Embed, Finetune, Params, Unlabelled
from silverprint.errors import UsageError
from silverprint.model.finetune.draws import draws
from silverprint.records import MANIFEST
from silverprint.store import tables
from tests.helpers import model_campaign, picture_campaign
from tests.helpers.tiny_backbone import REPLACED, replace_backbone

STILL = Augment(flip=False, rotation=0, crop=1, colour=0)


@pytest.fixture
def params(project, monkeypatch: pytest.MonkeyPatch) -> Params:
    replace_backbone(monkeypatch)
    loaded = config.load()
    found = replace(loaded, sources={"web": loaded.sources["web"]}, embed=Embed(REPLACED, 32, 16))
    picture_campaign.write_pool(found, 20)
    return found


@pytest.mark.slow
def test_a_page_shows_sixteen_pictures_with_eight_draws_each(params, tmp_path, capsys) -> None:
    names = tables.read(layout.MANIFEST, MANIFEST)["image_id"].sort().to_list()
    model_campaign.withdraw(names[0])
    page = tmp_path / "augmentations.html"
    model_augmentations.run(params, page)
    text = page.read_text()
    assert "16 pictures, 8 draws each" in capsys.readouterr().err
    assert re.findall(r'<tr title="(\w+)">', text) == names[1:17]
    assert text.count("data:image/jpeg") == 16 * 9
    with pytest.raises(UsageError, match="no file can be written there"):
        model_augmentations.run(params, tmp_path)


def test_draws_are_those_of_the_knobs() -> None:
    shown = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    (still,) = draws(shown, Finetune(augment=STILL), 3, 1)
    assert np.array_equal(still.shown, np.stack([shown] * 3))
    (mixed,) = draws(shown, Finetune(augment=replace(STILL, mixup=1.0)), 3, 1)
    assert not any(np.array_equal(batch, shown) for batch in mixed.shown)
    titles = {
        omega: [made.title for made in draws(shown, Finetune(unlabelled=Unlabelled(omega)), 1, 1)]
        for omega in ("entropy", "fixmatch")
    }
    weak, strong = "Without a label, weakly changed", "Without a label, strongly changed"
    assert titles == {"entropy": ["With a label", weak], "fixmatch": ["With a label", weak, strong]}
