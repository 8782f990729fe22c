"""The report from a small finished campaign, from half of one, and from none."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from PIL import Image

from silverprint import config, layout
from silverprint.campaign import ledgers, payments, studies
from silverprint.config import Params
from silverprint.errors import DataError, UnavailableError
from silverprint.records import (
    ANNOTATORS,
    CLASS_CHANGES,
    EVALUATION,
    LABELS,
    MANIFEST,
    QUEUE,
    TAKEDOWNS,
    WITHDRAWN,
    conform,
)
from silverprint.stages import report
from silverprint.stages.report import label_changes
from silverprint.store import files, tables
from tests.helpers import report_campaign as fixture

_COAT: Final = {"released": 500, "above": 150, "right": 149, "precision": 0.9933, "low": 0.9634, "high": 0.9998}
QUALITIES: Final = {
    "scale": {"kept": 1_234, "sources": {"web": 1_000, "own": 234}, "classes": {"coat": 77, "bag": 0}},
    "diversity": {
        "effective": 56.78,
        "coverage": 0.875,
        "sources": {"web": {"effective": 40.0, "coverage": 0.9}, "own": {"effective": 20.0, "coverage": 0.3}},
        "classes": {"coat": {"effective": 9.9}},
    },
    "quality": {"kept": 0.8, "rejected": {}, "flagged": {"off-topic": 0.01}},
    "consistency": {"alpha_round": 0.71, "disputed": 0.2},
    "automatic": {
        "round": "r03",
        "promised": 0.97,
        "confidence": 0.95,
        "pool": 1_000,
        "released": 500,
        "coverage": 0.5,
        "groups": 1,
        "audited": 300,
        **_COAT,
        "classes": {"coat": _COAT | {"threshold": 0.874}},
        "coverage_at": {"0.9": 0.7, "0.99": 0.0},
    },
}


def page() -> str:
    return (layout.REPORT / "index.html").read_text(encoding="utf-8")


class _Html(HTMLParser):
    """What must hold on every page: closed elements, alternative texts, no address of another file."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> _Html:
    html = _Html()
    html.feed(text)
    return html


@pytest.fixture(scope="module")
def altered(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `finished` with labels that sources brought, a gold picture, votes that nobody asked for and figures
    of a release, and its report; to be read only.
    """
    folder = tmp_path_factory.mktemp("altered") / "project"
    shutil.copytree(finished, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        bring_labels()
        ask_gold()
        ask_fewer()
        files.write_text(layout.QUALITIES, json.dumps(QUALITIES))
        report.run(config.load())
    return folder


@pytest.fixture
def told(altered: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory is `altered`."""
    monkeypatch.chdir(altered)
    return altered


def bring_labels() -> None:
    path = layout.labels("r03") / "annotators.parquet"
    row = {"annotator": "import:partner", "votes": 37, "abstained": 3, "agreement": 0.875}
    imported = conform(pl.DataFrame([row]), ANNOTATORS)
    tables.write(pl.concat([tables.read(path, ANNOTATORS), imported]), path, ANNOTATORS)


@pytest.mark.slow
@pytest.mark.usefixtures("told")
def test_imported_labels_have_a_table_of_their_own_and_are_no_people() -> None:
    heading = page().index("Labels that sources came with")
    assert re.search(r"partner</th>.*37.*3.*87\.5 %", page()[heading : heading + 3_000], re.S)
    assert "import:partner" not in page()


@pytest.mark.slow
def test_what_paid_people_cost_is_told_by_study_and_currency(campaign: Params) -> None:
    facts = {"recruiter": "links", "pay": 250, "currency": "EUR", "minutes": 9, "until": 0, "places": 4}
    studies.plan(facts | {"source": "garden", "theme": "birds", "pictures": 20})
    labelled = studies.plan(facts | {"round": "r03", "answers": 40})
    for step, who, amount in (("paid", "a", 250), ("paid", "b", 300), ("asked", "c", 75)):
        told = {"study": labelled["study"], "participant": who, "payment": "reward", "amount": amount}
        payments.write(**told, step=step, reference=None, why=None)
    report.run(campaign)
    text = page()
    rows = text[text.index('aria-label="Costs of studies"') :].partition("</table>")[0]
    told = [re.findall(r">([^<]+)</t[hd]>", row) for row in re.findall(r"<tr>(<th scope=.row.>.*?)</tr>", rows, re.S)]
    assert told == [
        ["garden-1", "pictures for garden, birds", "4", "10.00 EUR", "0.00 EUR", "0.00 EUR"],
        ["label-r03-1", "labels of r03", "4", "10.00 EUR", "5.50 EUR", "0.75 EUR"],
        ["all in EUR", "8", "20.00 EUR", "5.50 EUR", "0.75 EUR"],
    ]
    assert parsed(text).open == []


@pytest.mark.usefixtures("reported")
def test_people_have_their_accuracy_their_state_and_what_is_suspected() -> None:
    rows = page()[page().index('aria-label="Annotators"') :][:3_000]
    row = rows[rows.index(f"{fixture.PEOPLE[-1]}</th>") :].partition("</tr>")[0]
    assert "retired, spammer" in row
    assert "95 % interval" in rows
    assert rows.count("retired") == 1


def ask_gold() -> None:
    gone = ledgers.queue("r01")["image_id"][0]
    is_gold = pl.col("image_id") == gone
    queue = ledgers.queue("r01").with_columns(role=pl.when(is_gold).then(pl.lit("gold")).otherwise("role"))
    tables.write_ledger(queue, layout.queue("r01"), QUEUE, ["rank"])
    path = layout.labels("r03") / "labels.parquet"
    marked = [pl.when(is_gold).then(pl.lit("gold")).otherwise(name).alias(name) for name in ("role", "source")]
    tables.write(tables.read(path, LABELS).with_columns(marked), path, LABELS)
    person = {"answers": 4, "right": 3, "accuracy": 0.75, "low": 0.3, "high": 0.95, "abstained": 1, "exposures": 6}
    quality = json.dumps({"gold": {"annotators": {"studio-2": person}}})
    (layout.labels("r03") / "quality.json").write_text(quality)


@pytest.mark.usefixtures("told")
def test_gold_has_a_table_of_people_and_is_no_answer_of_theirs() -> None:
    row = r"studio-2</th>.*>6<.*>4<.*>1<.*75\.0 %.*30\.0 % to 95\.0 %"
    assert re.search(row, page()[page().index("Where the answer is known") :][:1500], re.S)
    assert re.search(r"gold: it is \S+.* \(known\)", page())


def ask_fewer() -> None:
    """One person for each picture of r02, of which two answered."""
    tables.write_ledger(ledgers.queue("r02").with_columns(overlap=1), layout.queue("r02"), QUEUE, ["rank"])


def test_votes_that_nobody_asked_for_are_counted(
    finished: Path, altered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    assert "more than were asked for" not in page()
    more = int((ledgers.queue("r02")["overlap"] - 1).sum())
    assert more > 0
    monkeypatch.chdir(altered)
    assert f" unsure, {more:,} more than were asked for</span>" in page()
    assert page().count("more than were asked for") == 1


@pytest.mark.usefixtures("reported")
def test_each_asked_picture_says_why() -> None:
    text = page()
    shown = text.count("<summary>why</summary>Chosen for the report, number ")
    assert shown > 20
    assert "<summary>why</summary>Chosen for the report, number 1.</details></li>" in text


@pytest.mark.usefixtures("reported")
def test_the_page_needs_no_other_file_and_says_what_its_pictures_show() -> None:
    html = parsed(page())
    assert html.open == []
    assert len(html.images) > 100
    assert all(image["alt"] for image in html.images)
    assert all(address.startswith(("data:", "#")) for address in html.addresses)
    assert "url(" not in page()
    assert "http://" not in re.sub(r"http://shop\.example\S*", "", page())


@pytest.mark.usefixtures("reported")
def test_the_figures_are_those_of_the_tables() -> None:
    text = page()
    for expected in (
        "After r03, with 72 labels",
        "80.0 % of 40 evaluation pictures",
        "silverprint compare r02 r03 says whether that can be chance",
    ):
        assert expected in text
    assert "taught the model about as much as 5 random ones (+3.0 points, 95 % interval −1.0 to +7.0)" in text
    sequential = r"([0-9]+) pictures were asked about until their labels were sure: ([0-9]+) answers, ([0-9]+) fewer"
    ((pictures, answers, fewer),) = re.findall(sequential, text)  # of r02: two people each, of three at most
    assert int(answers) + int(fewer) == 3 * int(pictures) > 0
    assert "of 233 addresses" in text  # 220 pictures and 13 refused or failed
    for reason, n in fixture.DIRT.items():
        assert re.search(rf"<b>{reason}</b> <span[^>]*>{n} · {100 * n / 220:.1f} %<", text)
    assert not re.search(r"\b(None|nan|Undefined)\b", re.sub(r"base64,[^\"]+", "", text))


@pytest.mark.usefixtures("reported")
def test_each_source_and_licence_has_its_quality() -> None:
    table = page().partition('aria-label="Quality by source and licence"')[2].partition("</table>")[0]
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    web = manifest.filter(source="web")
    shown = f'<td class="n">{web.height}</td><td class="n">{100 * int(web["kept"].sum()) / web.height:.1f} %</td>'
    assert f'<tr><td>source</td><th scope="row">web</th>{shown}' in table
    unknown = int((manifest["license"].is_null()).sum())
    none = '<td class="n">-</td>'
    assert (
        f'<tr><td>licence</td><th scope="row">unknown</th><td class="n">{unknown}</td><td class="n">0.0 %</td>{none}'
        f'<td class="n">0</td>{3 * none}</tr>'
    ) in table
    assert table.count("<tr>") == 1 + manifest["source"].n_unique() + manifest["license"].n_unique()


@pytest.mark.usefixtures("reported")
def test_the_pictures_are_there_and_small() -> None:
    for name in ("strip.png", "contact-sheet.png", "curve.png"):
        path = layout.REPORT / name
        assert path.stat().st_size < 300_000
        with Image.open(path) as picture:
            assert picture.width > 1200


@pytest.mark.slow
def test_the_same_tables_give_the_same_bytes(campaign: Params) -> None:
    first = {path.name: path.read_bytes() for path in layout.REPORT.iterdir()}
    report.run(campaign)
    assert {path.name: path.read_bytes() for path in layout.REPORT.iterdir()} == first


def test_the_four_qualities_of_the_release(finished: Path, altered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished)
    assert "What this version is worth" not in page()
    monkeypatch.chdir(altered)
    assert parsed(page()).open == []
    automatic = page()[page().index('<h3 id="automatic">') :]
    for said in (
        "97.0 % of them right, with confidence 95 %. Measured: 99.3 % of 150 audited pictures above the threshold "
        "(95 % interval 96.3 % to 100.0 %). 500 of 1,000 pictures that nobody was asked about have such a label: "
        "50.0 %.",
        "90 % right, 70.0 % labelled; 99 % right, 0.0 % labelled.",
    ):
        assert said in automatic
    assert re.search("coat.*0.874.*500.*150.*149.*99.3 %.*96.3 % to 100.0 %", automatic)
    section = page()[page().index('<section id="qualities">') :]
    for row in ("kept.*1,234.*56.8.*87.5 %", "own.*234.*20.0.*30.0 %", "bag.*>0<.*>-<.*>-<", "coat.*77.*9.9.*>-<"):
        assert re.search(f"<th scope=.row.>{row}", section), row
    assert "80.0 % of the acquired pictures are kept; flagged: off-topic 1.0 %." in section
    assert "alpha 0.71 in the last round; votes differ on 20.0 % of the pictures with two or more." in section


@pytest.mark.slow
def test_a_round_says_which_earlier_labels_it_changed(campaign: Params) -> None:
    path = layout.labels("r03") / "labels.parquet"
    labels, before = tables.read(path, LABELS), tables.read(layout.labels("r02") / "labels.parquet", LABELS)
    old = labels.filter(pl.col("image_id").is_in(before["image_id"].implode()), label="coat")["image_id"].head(2)
    now = pl.when(pl.col("image_id").is_in(old.implode())).then(pl.lit("bag")).otherwise("label").alias("label")
    tables.write(labels.with_columns(now), path, LABELS)
    report.run(campaign)
    first = tables.read(layout.labels("r01") / "labels.parquet", LABELS).height
    assert f"<p>0 of {first} labels of earlier rounds changed.</p>" in page()
    assert f"<p>2 of {before.height} labels of earlier rounds changed: coat → bag (2).</p>" in page()
    line = {"at": "2026-01-01T00:00:00.000000+00:00", "change": "rename", "before": "coat", "after": "cape", "why": "x"}
    tables.write_ledger(conform(pl.DataFrame([line]), CLASS_CHANGES), layout.CLASS_CHANGES, CLASS_CHANGES, ["at"])
    classes = tuple("cape" if name == "coat" else name for name in campaign.dataset.classes)
    renamed = replace(campaign, dataset=replace(campaign.dataset, classes=classes))
    assert label_changes.by_round(renamed)["r03"].commonest == [{"before": "cape", "after": "bag", "pictures": 2}]
    (layout.labels("r02") / "labels.parquet").unlink()
    report.run(campaign)
    assert "labels of earlier rounds changed" not in page()


@pytest.mark.slow
def test_a_withdrawal_shows_which_labels_and_figures_it_changed(params: Params) -> None:
    fixture.build(params, rounds=2)
    gone, copy = ledgers.queue("r01")["image_id"][:2]
    tables.write_ledger(
        conform(pl.DataFrame([{"image_id": gone, "kind": "image", "target": gone, "why": "<b>asked</b>"}]), TAKEDOWNS),
        layout.TAKEDOWNS, TAKEDOWNS, ["target"],
    )  # fmt: skip
    reached = pl.DataFrame({"image_id": [gone, copy], "target": gone, "how": ["named", "same-pixels"]})
    tables.write_ledger(reached, layout.WITHDRAWN, WITHDRAWN, ["image_id"])
    figures = json.loads(layout.metrics("r01").read_text())
    figures["replaced"] = [{"model_id": "r01-before", "labels": 77, "accuracy": 0.5, "n": 41}]
    layout.metrics("r01").write_text(json.dumps(figures))
    report.run(params)
    text = page()
    assert parsed(text).open == []
    section = text[text.index('id="withdrawals"') :]
    for part in ("r01-before", "r01-0123456789", "77", gone[:12], copy[:12], "&lt;b&gt;asked&lt;/b&gt;", "×"):
        assert part in section, part
    assert "<h3>r02</h3>" not in section


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_campaign_under_way(params: Params, rounds: int) -> None:
    fixture.build(params, rounds=rounds)
    report.run(params)
    text = page()
    assert parsed(text).open == []
    assert "Withdrawals" not in text  # of which there are none
    if rounds == 0:
        assert not (layout.REPORT / "curve.png").exists()
        assert "No model has been measured yet" in text
        assert "Nobody has voted yet." in text
    else:
        assert f"After r0{rounds}" in text
        assert "No queue yet." in text


@pytest.mark.slow
def test_rounds_without_evaluation_or_control(params: Params) -> None:
    fixture.build(params, rounds=1)
    measured = '{"n": 0, "accuracy": null, "accuracy_low": null, "accuracy_high": null}'
    layout.metrics("r01").write_text(f'{{"labels": 24, "evaluation": {measured}, "per_class": {{}}, "control": null}}')
    report.run(params)
    assert "not measured" in page()
    assert "no control" in page()


@pytest.mark.slow
def test_a_class_name_is_never_markup(campaign: Params) -> None:
    path = layout.labels("r03") / "labels.parquet"
    frame = pl.read_parquet(path).with_columns(pl.lit("<script>alert(1)</script>").alias("label"))
    frame.write_parquet(path)
    report.run(campaign)
    assert "<script" not in page()


def test_a_missing_manifest_says_what_to_run(params: Params) -> None:
    with pytest.raises(UnavailableError, match="dvc pull"):
        report.run(params)


def test_a_torn_metrics_file_is_named(campaign: Params) -> None:
    layout.metrics("r01").write_text("{")
    with pytest.raises(DataError, match=r"metrics\.json.*git checkout"):
        report.run(campaign)
    assert not list(layout.REPORT.parent.glob(".report*"))


@pytest.mark.slow
def test_it_loads_nothing_heavy(campaign: Params) -> None:
    program = (
        "import sys; from silverprint import config; from silverprint.stages import report; report.run(config.load());"
        "print([name for name in ('torch', 'mlflow', 'great_expectations', 'scrapy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_surest_mistakes_and_parts_of_the_evaluation_set_are_shown(reported) -> None:
    evaluation = tables.read(layout.model("r03") / "evaluation.parquet", EVALUATION)
    wrong = evaluation.filter(pl.col("label") != pl.col("predicted")).sort("confidence", descending=True)
    section = page()[page().index('<section id="mistakes">') :]
    section = section[: section.index("</section>")]
    assert section.count("People said ") == min(16, wrong.height) > 0
    assert f"People said {wrong['label'][0]}; the model {wrong['predicted'][0]}" in section
    for part in ("source", "licence", "tier", "copies"):
        assert f"<td>{part}</td>" in section
    web = tables.read(layout.MANIFEST, MANIFEST).filter(pl.col("source") == "web")
    judged = evaluation.join(web, on="image_id", how="semi")
    right = (judged["label"] == judged["predicted"]).mean()
    assert re.search(rf"<td>source</td><th scope=\"row\">web</th>.*>{judged.height}<.*>{100 * right:.1f} %<", section)
    assert 'alt="Reliability diagram' in section


@pytest.mark.slow
def test_a_classifier_that_was_there_before_has_a_row_and_a_place_on_the_curve(campaign: Params) -> None:
    path = layout.metrics("r01")
    figures = json.loads(path.read_text())
    judged = figures["evaluation"] | {"accuracy": 0.123, "accuracy_low": 0.1, "accuracy_high": 0.2}
    before = (layout.REPORT / "curve.png").read_bytes()
    path.write_text(json.dumps(figures | {"classifier": {"model_id": "shop-1", "pictures": 90, **judged}}))
    report.run(campaign)
    text = page()
    assert f"predicts {judged['n']} of 90 evaluation pictures" in text
    assert "12.3" in text[text.index("shop-1") :][:900]
    assert (layout.REPORT / "curve.png").read_bytes() != before
    nothing = {"model_id": "shop-1", "pictures": 90, "n": 0, "accuracy": None}
    path.write_text(json.dumps(figures | {"classifier": nothing}))
    report.run(campaign)
    assert "predicts 0 of 90 evaluation pictures" in page()
    assert (layout.REPORT / "curve.png").read_bytes() == before
