"""What a source's word means is said once, and stays so until somebody says otherwise."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import layout
from silverprint.campaign import label_words, ledgers
from silverprint.commands import votes as command
from silverprint.config import Params
from silverprint.core.votes import imported_labels
from silverprint.errors import UnavailableError, UsageError
from tests.helpers import round_campaign as campaign
from tests.helpers.examples import fewer
from tests.stages.rounds.test_imports import write_raw

FIRST, SECOND = campaign.image_id(0), campaign.image_id(1)


def standing() -> dict[str, tuple[str, str]]:
    rows = imported_labels.latest_statements(ledgers.imports()).select("image_id", "choice", "status").rows()
    return {name: (choice, status) for name, choice, status in rows}


def test_a_plain_import_keeps_what_a_word_was_said_to_mean(params: Params, capsys) -> None:
    write_raw("web", {FIRST: "tee", SECOND: "pullie"})
    command.import_labels(params, "web", ["tee=t-shirt", "pullie=pullover"])
    before = layout.IMPORTS.read_text()
    capsys.readouterr()
    command.import_labels(params, "web", None)
    assert layout.IMPORTS.read_text() == before
    assert standing() == {FIRST: ("t-shirt", "valid"), SECOND: ("pullover", "valid")}
    said = capsys.readouterr().err
    assert "as was said with --map before, 'pullie' is 'pullover', 'tee' is 't-shirt' (data/words.csv)" in said
    write_raw("web", {FIRST: "pullie"}, part=1)
    command.import_labels(params, "web", None)
    assert standing()[FIRST] == ("pullover", "valid")


def test_a_word_that_no_label_is_is_a_slip(params: Params) -> None:
    write_raw("web", {FIRST: "tee", SECOND: "coat"})
    with pytest.raises(UsageError, match="--map 'tea=t-shirt': no picture of web has the label 'tea'; its labels are"):
        command.import_labels(params, "web", ["tea=t-shirt"])
    assert not layout.IMPORTS.exists() or ledgers.imports().is_empty()
    assert not label_words.read("web")


@pytest.mark.parametrize("source", ["web", "partner", "own", "list", "crowd"])
def test_a_source_without_labels_is_told_where_they_come_from(params: Params, source: str) -> None:
    write_raw(source, {FIRST: None})
    with pytest.raises(UnavailableError, match=r"has a label; .*(column|\.label)"):
        command.import_labels(params, source, None)


def test_another_map_changes_it_and_says_what_it_was(params: Params, capsys) -> None:
    write_raw("web", {FIRST: "tee"})
    command.import_labels(params, "web", ["tee=t-shirt"])
    assert "from now on" not in capsys.readouterr().err
    command.import_labels(params, "web", ["tee=pullover"])
    assert "'tee' meant 't-shirt' and means 'pullover' from now on" in capsys.readouterr().err
    command.import_labels(params, "web", None)
    assert standing() == {FIRST: ("pullover", "valid")}
    command.import_labels(params, "web", ["tee=pullover"])
    assert "from now on" not in capsys.readouterr().err


def test_a_mapping_from_before_the_ledger_holds_and_is_of_its_source_alone(params: Params) -> None:
    write_raw("web", {FIRST: "tee"})
    write_raw("partner", {SECOND: "tee"})
    command.import_labels(params, "web", ["tee=t-shirt"])
    layout.WORDS.unlink()
    for source in ("web", "partner"):
        command.import_labels(params, source, None)
    assert standing() == {FIRST: ("t-shirt", "valid"), SECOND: ("", "unknown-class")}


words = st.dictionaries(
    st.sampled_from(["tee", "=x", "a,b", 'say "hi"', "two\nlines"]), st.sampled_from(["coat", "bag"])
)


@pytest.mark.slow
@fewer(2)
@given(st.lists(words, max_size=4))
def test_of_each_word_the_last_saying_is_remembered(tmp_path_factory, sayings: list[dict[str, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("words"))
        layout.IMPORTS.parent.mkdir()
        ledgers.write_imports(pl.DataFrame(schema={**dict(ledgers.IMPORTS)}))
        meant: dict[str, str] = {}
        for saying in sayings:
            label_words.write("web", saying)
            label_words.write("other", {"tee": "bag"})
            meant |= saying
        assert label_words.read("web") == meant
