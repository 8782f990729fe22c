"""Rounds are planned, opened and taken back: params.yaml keeps its comments and their order, whatever the sequence."""

import re
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from silverprint import command_table, config, layout, yamltext
from silverprint.campaign import ledgers, lint, promise_reach, round_plan, round_state, round_status
from silverprint.cli import main
from silverprint.commands import round_end, round_open
from silverprint.config import PlannedRound, SequentialOverlap
from silverprint.errors import ConfigError, DataError, UsageError
from silverprint.records import MANIFEST, QUEUE, VOTES, conform, empty
from silverprint.stages import check
from silverprint.store import tables
from tests.conftest import ROOT

SHIPPED = (ROOT / "params.yaml").read_text()
HAND_MADE = SHIPPED.replace(
    """\
planned:                    # budget: pictures to ask about; control: share drawn at random; overlap: people a picture;
                            # audit: share drawn at random to test automatic labels
  r01: {""",
    """\
planned:   # what comes
  # the first, with the museum
  r01:
    # asked by experts
    strategy: auto   # cold
    budget: 100
    control: 0.4
    overlap: 2
  # two
  # lines
  r02: {""",
).replace(
    "overlap: 2, gold: 4}\n  r02: {strategy: auto, budget: 330, control: 0.04, audit: 0.3, overlap: 3", "overlap: 2", 1
)


@pytest.fixture
def planned(project: Path) -> Path:
    """The project as it ships: three planned rounds, none opened."""
    layout.PARAMS.write_text(SHIPPED)
    for path in layout.ROUNDS.glob("*/asks.csv"):
        path.unlink()
        path.parent.rmdir()
    return project


def closed(name: str) -> None:
    """As `annotate` leaves a round that everybody answered, without pictures."""
    params = config.load()
    layout.queue(name).write_text("image_id\n")
    ledgers.write_votes(name, empty(VOTES))
    asks, queue = ledgers.sha256(layout.asks(name)), ledgers.sha256(layout.queue(name))
    round_state.State(
        name, params.rounds[name].prev, "closed", "c", "s", queue, params.dataset.classes, asks_sha256=asks
    ).save()


@pytest.mark.slow
def test_opening_every_round_and_taking_all_back_gives_the_same_characters() -> None:
    for text in (SHIPPED, HAND_MADE):
        now = text
        for name in config.parse(text).planned:
            now = round_plan.open_planned(now, name, {})
            assert config.parse(now).last == name
        assert sorted(re.findall("#.*", now)) == sorted(re.findall("#.*", text))
        assert round_plan.all_planned(now) == text


def test_the_comments_of_a_round_go_with_it() -> None:
    text = round_plan.open_planned(HAND_MADE, "r01", {"budget": 7})
    assert """\
  # the first, with the museum
  r01:
    # asked by experts
    prev: start
    strategy: auto   # cold
    budget: 7
""" in text.partition("\nrounds:")[2]
    assert config.parse(text).rounds["r01"].budget == 7
    assert "# what comes" in text.partition("\nrounds:")[0]


@pytest.mark.parametrize(
    "text",
    ["planned: {a: {x: 1}, b: {x: 2}}\nrounds: {}\nlast: start\n", "planned:\n  a: {x: 1}\nrounds:\nlast: start"],
)
def test_sections_in_braces_or_empty_are_edited_too(text: str) -> None:
    opened = round_plan.open_planned(text, "a", {})
    assert "a: {prev: start, x: 1}" in opened
    assert "last: a" in opened
    again = round_plan.plan_again(opened, "a")
    assert "prev" not in again
    assert "a: {x: 1}" in again.partition("rounds:")[0]


def test_a_comment_that_goes_on_below_its_line_stays_there() -> None:
    head = "planned:     # budget: pictures;\n             # audit: a share\n"
    text = f"{head}  r01: {{budget: 9}}\nrounds: {{}}   # opened\nlast: start\n"
    opened = round_plan.open_planned(text, "r01", {})
    assert opened.splitlines()[:2] == ["planned: {}     # budget: pictures;", "             # audit: a share"]
    assert opened.splitlines()[3:] == ["  r01: {prev: start, budget: 9}", "last: r01"]
    assert round_plan.plan_again(opened, "r01") == text


def test_a_campaign_of_before_gets_a_section_for_its_plans() -> None:
    text = "# head\nseed: 1\n\n# the rounds\nrounds:\n  r01: {prev: start, budget: 9, draw: 2}\nlast: r01\n"
    assert round_plan.plan(text, "r02", {"budget": 5}) == text.replace(
        "# the rounds", "planned:\n  r02: {budget: 5}\n# the rounds"
    )
    assert "planned:\n  r01: {budget: 9}\n# the rounds\nrounds: {}" in round_plan.plan_again(text, "r01")


def test_every_knob_of_a_round_is_an_option() -> None:
    (verb,) = (verb for verb in command_table.COMMANDS if verb.name == "round")
    for name in ("add", "open"):
        (sub,) = (one for one in verb.verbs if one.name == name)
        options = {argument.flags[0].removeprefix("--").replace("-", "_") for argument in sub.arguments[1:]}
        assert options == {one.name for one in fields(PlannedRound)}


def test_a_sequential_overlap_is_given_in_one_word_and_its_cost_is_a_range(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["round", "open", "r01", "--budget", "50", "--overlap", "1-5:.9"]) == 0
    said = capsys.readouterr().err
    assert "r01 needs 504 votes at least and" in said  # (50 + 4) * 1 + 150 * 3
    assert said.count("nobody's time") == 1
    assert config.load().rounds["r01"].overlap == SequentialOverlap(min=1, max=5, until=0.9)
    assert main(["round", "add", "r09", "--overlap", "5-1:.9"]) == 78
    assert "min is at most max" in capsys.readouterr().err
    assert main(["round", "add", "r09", "--overlap", "1-5"]) == 64
    assert "no MIN-MAX:UNTIL" in capsys.readouterr().err


def test_a_round_is_opened_once_the_one_before_is_closed(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    round_open.open_round(config.load(), "r01", budget=50)
    said = capsys.readouterr().err
    assert "r01 needs 558 votes (nobody's time for a vote is known yet)" in said  # (50 + 4) * 2 + 150 * 3
    assert said.count("nobody's time") == 1
    assert "r01: nobody has read the pictures on this machine, so this is what params.yaml asks for" in said
    assert "r01 is open after start; nobody is asked before silverprint repro" in said
    assert "nobody has an account yet, and 3 people are to look at a picture: silverprint people invite" in said
    params = config.load()
    assert (params.chain, params.last, tuple(params.planned)) == (("r01",), "r01", ("r02", "r03"))
    lint.lint(params)
    before = layout.PARAMS.read_text()
    with pytest.raises(ConfigError, match=r"r01 is not closed: one round is open.*round remove r01"):
        round_open.open_round(params, "r02")
    round_open.open_round(params, "r01")
    assert "r01 was opened already, after start" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"--budget 5: r01 was opened already; change rounds\.r01"):
        round_open.open_round(params, "r01", budget=5)
    assert layout.PARAMS.read_text() == before
    closed("r01")
    round_open.open_round(config.load(), "r02")
    closed("r02")
    layout.asks("r02").write_text("image_id,extra,reason,asked_at\n\n")
    with pytest.raises(ConfigError, match=r"r02 is not closed.*silverprint wait.*round close r02 --early"):
        round_open.open_round(config.load(), "r03")
    assert ledgers.round_decisions().select("round", "decision").rows() == [("r01", "opened"), ("r02", "opened")]


def test_as_many_as_are_to_look_at_a_picture_are_enough(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout.PEOPLE.mkdir(parents=True)
    for name in ("ada", "bo"):
        (layout.PEOPLE / f"{name}.json").write_text("{}")
    round_open.open_round(config.load(), "r01")
    assert "2 people have an account yet, and 3 people are to look at a picture" in capsys.readouterr().err
    closed("r01")
    round_open.open_round(config.load(), "r02", overlap=2)
    assert "account" not in capsys.readouterr().err


def pool(count: int) -> None:
    rows = [{"image_id": f"{number:064x}", "kept": True, "group": number} for number in range(count)]
    tables.write(conform(pl.DataFrame(rows), MANIFEST), layout.MANIFEST, MANIFEST)


def test_a_pool_too_small_says_what_test_and_train_get(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool(139)
    round_open.open_round(config.load(), "r01", budget=70, audit=0.2)
    said = capsys.readouterr().err
    assert "nobody has read" not in said
    assert "r01: 139 pictures are all there are: test 83 (evaluation.size = 150, at most half" in said
    assert "rounds.r01.audit), train 56; test is larger than train, for good: set evaluation.size lower" in said


@pytest.mark.parametrize(("count", "size", "words"), [(139, 30, "test 41 (evaluation.size = 30"), (250, 150, None)])
def test_nothing_is_warned_of_where_enough_is_left_to_train_on(
    planned: Path, capsys: pytest.CaptureFixture[str], count: int, size: int, words: str | None
) -> None:
    pool(count)
    layout.PARAMS.write_text(layout.PARAMS.read_text().replace("  size: 150 ", f"  size: {size} "))
    round_open.open_round(config.load(), "r01", budget=120 if words else 70, audit=0.1)
    said = capsys.readouterr().err
    assert "larger than train" not in said
    assert words is None or words in said
    assert ("are all there are" in said) == (words is not None)


@pytest.mark.parametrize(("size", "count", "told"), [(80, 500, True), (120, 500, False), (80, 70, False)])
def test_too_few_pictures_to_judge_by_for_the_promise_are_told_while_they_can_be_changed(
    planned: Path, capsys: pytest.CaptureFixture[str], size: int, count: int, told: bool
) -> None:
    pool(count)
    text = layout.PARAMS.read_text().replace("  size: 150 ", f"  size: {size} ")
    layout.PARAMS.write_text(text.replace("{precision: 0.9, confidence", "{precision: 0.97, confidence"))
    round_open.open_round(config.load(), "r01", audit=0)
    said = capsys.readouterr().err
    words = (
        "r01: 80 pictures judge the model (evaluation.size = 80, rounds.r01.audit = 0), and the release.promise of 0.97"
    )
    assert (words in said) is told
    assert ("needs 99, all of them right; raise one of them before the queue of r01 is drawn" in said) is told
    assert ("or promise 0.96 at most" in said) is told
    closed("r01")
    assert promise_reach.lack(config.load()) is None


def test_a_round_that_was_not_planned_is_planned_and_opened_at_once(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    round_open.open_round(config.load(), "pilot", strategy="random", budget=9, show_predictions=True)
    said = capsys.readouterr().err
    assert "pilot was not planned: strategy random, budget 9, overlap 3; what no option says is as in r03" in said
    params = config.load()
    assert params.chain == ("pilot",)
    assert (params.rounds["pilot"].strategy, params.rounds["pilot"].budget) == ("random", 9)
    assert params.rounds["pilot"].show_predictions
    assert tuple(params.planned) == ("r01", "r02", "r03")


@pytest.mark.slow
def test_where_nobody_is_left_to_ask_about_no_round_is_opened(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool(3)
    round_open.open_round(config.load(), "r01")
    rows = pl.DataFrame({"image_id": [f"{number:064x}" for number in range(3)], "rank": [1, 2, 3]})
    drawn = conform(rows.with_columns(role=pl.lit("train"), overlap=1, tier=pl.lit("crowd")), QUEUE)
    closed("r01")
    layout.queue("r01").write_bytes(ledgers.queue_bytes(drawn))
    before = layout.PARAMS.read_text()
    done = "of its 3 kept pictures none is left to ask about"
    with pytest.raises(UsageError, match=rf"round 'r02': {done}; add pictures: silverprint source add.*--relabel 0\.5"):
        round_open.open_round(config.load(), "r02")
    assert layout.PARAMS.read_text() == before
    capsys.readouterr()
    assert round_status.to_go_on(config.load()).startswith(f"the campaign is done: {done}; to go on, add pictures")
    assert main(["status"]) == 0
    assert "silverprint repro goes on with r01" in capsys.readouterr().out  # it is not trained yet
    pool(4)
    assert "the campaign is done" not in round_status.to_go_on(config.load())
    pool(3)
    round_open.open_round(config.load(), "r02", relabel=0.5)
    assert "gives earlier pictures a second look alone" in capsys.readouterr().err


def test_the_first_plan_of_an_empty_section_has_a_line_of_its_own() -> None:
    comment = "                 # budget: how many\n                            # and more\n"
    text = f"last: r01\nplanned: {{}}{comment}rounds:\n  r01: {{prev: start, strategy: auto, budget: 9}}\n"
    now = round_plan.plan(text, "r02", {"budget": 5})
    assert now == text.replace("{}", "", 1).replace("planned: ", "planned:").replace(
        "# and more\n", "# and more\n  r02: {strategy: auto, budget: 5}\n"
    )
    assert round_plan.open_planned(now, "r02", {}).count("\n") == now.count("\n")


def test_a_name_that_is_not_planned_is_a_slip_where_others_are(planned: Path) -> None:
    with pytest.raises(
        UsageError, match=r"round 'r1': it is not planned \(r01, r02, r03\); silverprint round open r01"
    ):
        round_open.open_round(config.load(), "r1")
    assert layout.PARAMS.read_text() == SHIPPED


@pytest.mark.parametrize("name", ["start", "R 4", "../x", ""])
@pytest.mark.parametrize("command", [round_open.open_round, round_open.add])
def test_a_bad_name_is_refused_and_changes_nothing(planned: Path, name: str, command) -> None:
    with pytest.raises(ConfigError):
        command(config.load(), name)
    assert layout.PARAMS.read_text() == SHIPPED
    assert not layout.ROUNDS.exists() or not list(layout.ROUNDS.iterdir())


def test_a_first_round_needs_no_model_and_a_strategy_is_one(planned: Path) -> None:
    with pytest.raises(ConfigError, match=r"rounds\.r01\.strategy = 'margin'.*use one for a cold start"):
        round_open.open_round(config.load(), "r01", strategy="margin")
    with pytest.raises(ConfigError, match=r"planned\.r04\.strategy = 'oracle'.*use one of: .*margin"):
        round_open.add(config.load(), "r04", strategy="oracle")
    assert layout.PARAMS.read_text() == SHIPPED


def test_a_plan_is_dropped_and_an_opened_round_planned_again(planned: Path) -> None:
    round_end.remove(config.load(), "r03")
    assert tuple(config.load().planned) == ("r01", "r02")
    without = layout.PARAMS.read_text()
    round_open.open_round(config.load(), "r01")
    layout.queue("r01").write_text("image_id\n")
    layout.LOCK.write_text("schema: '2.0'\nstages:\n  queue@r01:\n    cmd: x\n  clean:\n    cmd: y\n")
    with pytest.raises(UsageError, match="taken back for a reason"):
        round_end.remove(config.load(), "r01")
    round_end.remove(config.load(), "r01", "wrong question")
    assert layout.PARAMS.read_text() == without
    assert not layout.round_dir("r01").exists()
    assert "queue@r01" not in layout.LOCK.read_text()
    assert "clean" in layout.LOCK.read_text()
    assert ledgers.round_decisions()["why"].to_list() == [None, "wrong question"]


def test_only_the_last_round_without_answers_is_taken_back(planned: Path) -> None:
    round_open.open_round(config.load(), "r01")
    closed("r01")
    round_open.open_round(config.load(), "r02")
    with pytest.raises(ConfigError, match=r"r01 is followed by r02.*begin with: silverprint round remove r02"):
        round_end.remove(config.load(), "r01", "why")
    layout.votes("r02").write_text(f"{','.join(VOTES)}\n{'a' * 64},r02,s-1,bag,valid,,,2026-01-01,1\n")
    with pytest.raises(DataError, match=r"r02 has 1 answers: .*round close r02 --early"):
        round_end.remove(config.load(), "r02", "why")


def test_an_old_campaign_without_the_section_is_told_what_to_write(project: Path) -> None:
    layout.PARAMS.write_text(re.sub(r"(?m)^planned:.*\n", "", layout.PARAMS.read_text()))
    with pytest.raises(ConfigError, match="write a line above `rounds`: planned: "):
        lint.lint(config.load())


def test_rounds_that_stand_opened_too_early_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check.run(config.load())
    said = "r02, r03: under `rounds` in params.yaml, so silverprint repro asks people once the round before is closed"
    assert said in capsys.readouterr().err
    round_end.remove(config.load(), "r03", "planned")
    round_end.remove(config.load(), "r02", "planned")
    check.run(config.load())
    assert "under `rounds`" not in capsys.readouterr().err
    assert tuple(config.load().planned) == ("r02", "r03")


class Plans(RuleBasedStateMachine):
    """Any sequence of edits; the model is what is planned and what is opened, in their order."""

    names = st.sampled_from(["r01", "r02", "r03", "a", "b"])

    def __init__(self) -> None:
        super().__init__()
        self.head, _, rest = HAND_MADE.partition("planned:")
        rounds, self.between, self.tail = rest.partition("\n\nlabels:")
        self.text = f"# head\nplanned:{rounds}\n\n# tail\n"  # as small as it can be: each edit is checked by parsing
        self.planned, self.opened = ["r01", "r02", "r03"], list[str]()

    @rule(name=names, strategy=st.sampled_from(["random", "auto"]))
    def plan(self, name: str, strategy: str) -> None:
        if name not in self.planned + self.opened:
            self.text = round_plan.plan(self.text, name, {"strategy": strategy})
            self.planned.append(name)

    @precondition(lambda self: self.planned)
    @rule(data=st.data(), knobs=st.fixed_dictionaries({}, optional={"budget": st.integers(1, 9), "gold": st.just(1)}))
    def open(self, data: st.DataObject, knobs: dict[str, int]) -> None:
        name = data.draw(st.sampled_from(self.planned))
        self.text = round_plan.open_planned(self.text, name, knobs)
        self.planned.remove(name)
        self.opened.append(name)

    @precondition(lambda self: self.opened)
    @rule()
    def take_back(self) -> None:
        self.text = round_plan.plan_again(self.text, self.opened[-1])
        self.planned.insert(0, self.opened.pop())

    @precondition(lambda self: self.planned)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.planned))
        self.text = round_plan.forget(self.text, name)
        self.planned.remove(name)

    @invariant()
    def agrees(self) -> None:
        document = yamltext.mapping(self.text, layout.PARAMS)
        assert (list(document["planned"]), list(document["rounds"])) == (self.planned, self.opened)
        chain = ["start", *self.opened]
        assert [entry["prev"] for entry in document["rounds"].values()] == chain[:-1]
        assert document["last"] == chain[-1]
        assert self.text.startswith("# head\nplanned:")
        assert self.text.endswith("\n\n# tail\n")
        if "r01" in self.planned + self.opened:
            assert self.text.count("# the first, with the museum\n  r01:") <= 1

    def teardown(self) -> None:
        rounds = self.text.removeprefix("# head\n").removesuffix("\n\n# tail\n")
        params = config.parse(f"{self.head}{rounds}{self.between}{self.tail}")
        assert (list(params.chain), list(params.planned)) == (self.opened, self.planned)


TestPlans = Plans.TestCase
TestPlans.settings = settings(max_examples=10, stateful_step_count=10, deadline=None)
