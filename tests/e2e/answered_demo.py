"""Demo played to its end without Label Studio: its people's answers are written where `annotate` would write them."""

import hashlib
from contextlib import ExitStack
from pathlib import Path

import httpx
import polars as pl

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.campaign.round_state import State
from silverprint.demo import LABELLED, truth
from silverprint.demo.expert import NOTES
from silverprint.demo.personas import PERSONS, decide
from silverprint.records import VOTES
from silverprint.store import ledger_csv, tables
from tests.e2e.harness import ROOT, Campaign, await_that, free_port, shrink

DEMO = ("python", "-m", "silverprint.demo")
HOUR = 3600.0


def play(campaign: Campaign, pictures: int) -> None:
    """Plays the checkout that is in the campaign's folder, smaller, by the commands that a team would type."""
    site = f"http://127.0.0.1:{(port := free_port())}/"
    shrink(campaign, port)
    campaign.must(*DEMO, "build", "--pictures", str(pictures), "--address", site)
    campaign.must(*DEMO, "contribute")
    with ExitStack() as stack:
        process = campaign.start(*DEMO, "site", "--port", str(port))
        stack.callback(process.wait)
        stack.callback(process.terminate)
        await_that(lambda: _answers(site), "the sample site answers")
        campaign.must("dvc", "repro", "clean", timeout=HOUR)
    campaign.must(*DEMO, "expert")
    campaign.must("silverprint", "gold", "import", str(NOTES))
    for name in config.parse((campaign.path / layout.PARAMS).read_text()).planned:
        campaign.must("silverprint", "round", "open", name)
        campaign.must("dvc", "repro", f"queue@{name}", timeout=HOUR)
        answer = f"from tests.e2e.answered_demo import answer; answer({name!r})"
        campaign.must("python", "-P", "-c", answer, PYTHONPATH=f"{ROOT}/src:{ROOT}")
        if name == "r01":
            for source in LABELLED:
                campaign.must("silverprint", "votes", "import", source)
    campaign.must("dvc", "repro", timeout=HOUR)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}robots.txt").is_success
    except httpx.TransportError:
        return False


def answer(name: str) -> None:
    """Has as many of the demo's people answer each picture of the round's queue as it asks for, and closes the round.

    It is the round of the campaign whose folder this process is in.
    """
    params, shows = config.load(), truth.read()
    people = {number: PERSONS[person] for number, person in enumerate(sorted(PERSONS), 1)}
    rows = []
    for queued in ledgers.queue(name).sort("image_id").iter_rows(named=True):
        image_id = queued["image_id"]
        for number in list(people)[: queued["overlap"]]:
            said = decide(people[number], image_id, shows.get(image_id))
            rows.append(
                {"image_id": image_id, "round": name, "annotator": f"server-{number}", "status": "valid"}
                | {"choice": said.choice, "lead_time_s": said.lead_time_s, "created_at": "2026-01-05T10:00:00Z"}
                | {"annotation_id": len(rows) + 1}
            )
    tables.write_ledger(pl.DataFrame(rows), layout.votes(name), VOTES, ["image_id", "annotator"])
    queue, voted = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (layout.queue(name), layout.votes(name)))
    State(
        name, params.rounds[name].prev, "closed", params.dataset.campaign, "server", queue, params.dataset.classes,
        votes_sha256=voted, asks_sha256=ledger_csv.sha256(Path(layout.asks(name))),
    ).save()  # fmt: skip
