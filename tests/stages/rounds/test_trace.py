"""A picture's life, told from whatever tables are on the disk."""

import json

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import release_versions
from silverprint.commands import trace
from silverprint.errors import UsageError
from silverprint.records import VERSION
from silverprint.stages import gate, labels, queue
from tests.helpers import round_campaign as campaign


@pytest.fixture
def told(params, capsys):
    """What `silverprint trace --json` says of a picture, by stage."""

    def tell(image_id):
        trace.run(params, image_id, as_json=True)
        document = json.loads(capsys.readouterr().out)
        stages = {}
        for event in document["events"]:
            stages.setdefault(event["stage"], []).append(event["facts"] or event["absent"])
        return document["image_id"], stages

    return tell


@pytest.fixture
def asked(params):
    """The first picture of a round that was asked, answered and labelled."""
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    labels.run(params, "r01")
    gate.run(params, "r01")
    layout.metrics("r01").write_text("{}")
    return queue.ledgers.queue("r01")["image_id"][0]


@pytest.mark.slow
def test_every_stage_that_knows_the_picture_speaks_and_what_is_not_here_is_named(told, asked):
    name, stages = told(asked[:8].upper())
    assert name == asked
    assert stages["acquire@web"] == ["data/raw/web"]
    assert stages["train@r01"] == ["data/rounds/r01/model"]
    assert stages["release"] == ["data/release"]
    assert stages["clean"][0]["kept"] is True
    (receipt,) = stages["queue@r01"]
    assert (receipt["rank"], receipt["strategy"] in ("random", "maxherding")) == (1, True)
    said = stages["annotate@r01"]
    assert [vote["annotator"] for vote in said] == [f"s-{person}" for person in range(receipt["overlap"])]
    assert stages["labels@r01"][0]["label"] == said[0]["choice"]
    assert "takedown" not in stages
    held = [{"image_id": asked, "split": "train", "label": said[0]["choice"], "label_source": "human"}]
    for number, rows in enumerate((held, [], held), start=1):
        release_versions.record(release_versions.of(pl.DataFrame(rows, schema=VERSION), f"r0{number}"))
    versions = {stage: facts for stage, facts in told(asked)[1].items() if stage.startswith("release@")}
    assert sorted(versions) == ["release@v1", "release@v3"]
    assert versions["release@v3"][0]["round"] == "r03"
    campaign.withdraw(asked)
    assert told(asked)[1]["takedown"][0]["why"] == "asked"


@pytest.mark.slow
def test_a_person_reads_lines(params, asked, capsys):
    trace.run(params, asked, as_json=False)
    lines = capsys.readouterr().out
    assert asked in lines
    assert "data/release is not on this disk: silverprint repro" in lines
    assert "choice" in lines
    layout.LOCK.write_text("stages: {release: {outs: [{path: data/release, md5: 0.dir}]}}")
    trace.run(params, asked, as_json=False)
    assert "data/release is not on this disk: dvc pull data/release" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", "12", "xyz" * 10, "../../etc/passwd", "0" * 64, "0" * 65, "[bold]"])
def test_a_name_that_no_table_knows(params, name):
    with pytest.raises(UsageError):
        trace.run(params, name, as_json=True)
