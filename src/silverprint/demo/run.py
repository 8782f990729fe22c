"""make demo: the whole campaign on this machine, from the crawl to the table.

Everything here goes through the commands that a team would type; only the sample site and the simulated annotators
are the demo's own.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from silverprint import config, layout
from silverprint.console import say
from silverprint.demo import CAMPAIGN, LABELLED, PEOPLE, annotators, expert, processes, site
from silverprint.errors import ConfigError, UnavailableError
from silverprint.records import GOLD
from silverprint.store import tables


class StepError(UnavailableError):
    """A command of the campaign failed; its own message is already on the screen."""


def run(studio_port: int | None, mlflow_port: int | None, pictures: int) -> None:
    """Runs the campaign to its end. Without a port, each server takes its last one.

    Raises:
        ConfigError: params.yaml has another campaign, or no crawl of the sample site.
        UnavailableError: a step failed, or the sample site's port is taken.
    """
    started = time.monotonic()
    _require_sample_campaign()
    _demo("build", "--pictures", str(pictures), "--address", _address())
    annotators.STOP.unlink(missing_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_site())
        ports = [*_option("--studio-port", studio_port), *_option("--mlflow-port", mlflow_port)]
        servers = stack.enter_context(processes.background("servers", "servers", *ports))
        contributors = stack.enter_context(processes.background("contribute", "contribute"))
        _collect(contributors)
        _gold()
        _await_done(servers, "servers", "the servers do not come up")
        for person in PEOPLE:
            stack.enter_context(processes.background(f"annotate-{person}", "annotate", "--person", person))
        _campaign()
    _silverprint("track", "sync")
    _demo("audit")
    _closing_words(time.monotonic() - started)


def _require_sample_campaign() -> None:
    campaign = config.load().dataset.campaign
    if campaign != CAMPAIGN:
        rule = f"make demo lets simulated people answer, and they know the pictures of {CAMPAIGN!r} only"
        raise ConfigError(
            f"dataset.campaign = {campaign!r}", rule, "for your own pictures: silverprint repro, silverprint wait"
        )


def _collect(contributors: subprocess.Popen[bytes]) -> None:
    """Crawls while people give pictures, unless a queue is drawn already; when it has ended, all are given."""
    if not _is_asked():
        _must(["dvc", "repro", "acquire@web"])
    _await_done(contributors, "contribute", "the contributors could not give")


def _await_done(process: subprocess.Popen[bytes], name: str, rule: str) -> None:
    """Until what goes on beside the campaign is done; its log's last line says why it is not."""
    log = layout.DEMO / f"{name}.log"
    if process.wait():
        last = log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
        raise StepError(rule, last or "they were ended", f"see {log}; then run make demo again")


def _is_asked() -> bool:
    return any(layout.ROUNDS.glob("*/queue.csv"))


def _gold() -> None:
    """An expert's labels for data/gold.csv, unless somebody was there before: what a queue holds can't be gold."""
    known = tables.read_ledger(layout.GOLD, GOLD)
    if known.is_empty() and not _is_asked():
        _must(["dvc", "repro", "clean"])
        _demo("expert")
        _silverprint("gold", "import", str(expert.NOTES))


def _campaign() -> None:
    """Opens each planned round in turn, as a lead would, and has it answered; releases after the last one."""
    labelled = list(LABELLED)  # imported once, while a round waits
    if not config.load().rounds:
        _open_next()
    while config.load().planned:
        _ask(labelled, f"train@{config.load().last}")
        _open_next()
    _ask(labelled)


def _open_next() -> None:
    if planned := list(config.load().planned):
        _silverprint("round", "open", planned[0])


def _ask(labelled: list[str], *targets: str) -> None:
    """repro, wait, repro, … until nothing waits for people."""
    seen: list[object] = []
    while processes.call([sys.executable, "-m", "silverprint.adapters.dvc_repro", *targets]) != 0:
        rounds = _status()
        if not any(one["state"] == "waiting" for one in rounds) or rounds in seen:
            raise StepError("dvc repro failed", "see its message above", "fix that, then run make demo again")
        while labelled:
            _silverprint("votes", "import", labelled.pop(0))
        seen.append(rounds)
        _silverprint("wait")


def _status() -> list[dict[str, object]]:
    output = subprocess.run(["silverprint", "status", "--json"], check=True, capture_output=True, text=True)
    rounds: list[dict[str, object]] = json.loads(output.stdout)["rounds"]
    return rounds


def _address() -> str:
    """Where params.yaml says that the sample site is."""
    source = config.load().sources["web"]
    if not isinstance(source, config.WebSource):
        raise ConfigError("sources.web", "the demo crawls its sample site", "run: git checkout params.yaml")
    return source.start[0]


@contextmanager
def _site() -> Iterator[None]:
    """The sample site, for as long as the campaign may crawl."""
    start = _address()
    with processes.background("site", "site", "--port", str(urlsplit(start).port)) as process:
        _await_site(start, process)
        yield


def _await_site(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until our own site answers: another program on its port would be crawled in its place."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}robots.txt", timeout=2) as answer:  # noqa: S310 (loopback, from params.yaml)
                if answer.headers["Server"] == site.name(process.pid):
                    return
        except (OSError, HTTPException):
            pass
        time.sleep(0.1)
    if process.poll() == UnavailableError.exit_code:
        remedy = "free it, or change sources.web.start and allow_private in params.yaml"
        raise UnavailableError(address, "port taken: the sample site cannot listen there", remedy)
    raise UnavailableError(address, "the sample site does not answer", f"see {layout.DEMO / 'site.log'}")


def _demo(verb: str, *arguments: str) -> None:
    _must([sys.executable, "-m", "silverprint.demo", verb, *arguments])


def _silverprint(*arguments: str) -> None:
    _must(["silverprint", *arguments])


def start_servers(studio_port: int | None, mlflow_port: int | None) -> None:
    """Label Studio, its people, and MLflow: of the demo's own, so that nothing comes into your campaigns' servers.

    Raises:
        StepError: one does not come up.
    """
    taken = "see its message above; where the port is taken: make demo {}=PORT"
    _must(["silverprint", "studio", "up", "--own", *_option("--port", studio_port)], taken.format("STUDIO_PORT"))
    _silverprint("people", "invite", *PEOPLE)
    _must(["silverprint", "track", "up", "--own", *_option("--port", mlflow_port)], taken.format("MLFLOW_PORT"))


def _option(name: str, value: int | None) -> list[str]:
    return [name, str(value)] if value else []


def _must(command: list[str], remedy: str = "see its message above, then run make demo again") -> None:
    code = processes.call(command)
    if code:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise StepError(shown, f"ended with exit code {code}", remedy)


def _closing_words(seconds: float) -> None:
    studio = json.loads((layout.STUDIO / "server.json").read_text(encoding="utf-8"))["url"]
    mlflow = json.loads((layout.TRACKING / "server.json").read_text(encoding="utf-8"))["url"]
    people = ", ".join(str(layout.PEOPLE / f"{person}.json") for person in PEOPLE)
    say(f"\nDone in {seconds // 60:.0f} min {seconds % 60:.0f} s. Look at:")
    say(f"  Label Studio  {studio}   (sign in with an account of {people})")
    say(f"  MLflow        {mlflow}")
    say(f"  the report    {(layout.REPORT / 'index.html').resolve().as_uri()}")
    if Path("Makefile").exists():
        say("Stop the servers: make down · Take everything back: make clean-demo")
    else:  # the package is installed, and the campaign lies in a folder of its own
        say("Stop the servers, here: silverprint studio down, silverprint track down · Then remove this folder")
