"""make demo: the whole campaign on this machine, from the crawl to the table. Everything here goes through the commands
that a team would type; only the sample site and the simulated annotators are the demo's own.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from silverprint import config, layout
from silverprint.console import say
from silverprint.demo import CAMPAIGN, annotators
from silverprint.errors import ConfigError, SilverprintError, UnavailableError

PEOPLE = ("ada", "bo", "cyn")
LABELLED = ("partner", "own")  # sources that come with labels


class StepError(SilverprintError):
    """A command of the campaign failed; its own message is already on the screen."""


def run(studio_port: int, mlflow_port: int, pictures: int) -> None:
    started = time.monotonic()
    _require_sample_campaign()
    _demo("build", "--pictures", str(pictures))
    _silverprint("studio", "up", "--port", str(studio_port))
    _silverprint("track", "up", "--port", str(mlflow_port))
    _silverprint("people", "invite", *PEOPLE)
    annotators.STOP.unlink(missing_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_site())
        for person in PEOPLE:
            stack.enter_context(_background("annotate", "--person", person))
        _campaign()
    _silverprint("track", "sync")
    _demo("audit")
    _closing_words(time.monotonic() - started)


def _require_sample_campaign() -> None:
    campaign = config.load().dataset.campaign
    if campaign != CAMPAIGN:
        rule = f"make demo lets simulated people answer, and they know the pictures of {CAMPAIGN!r} only"
        raise ConfigError(
            f"dataset.campaign = {campaign!r}", rule, "for your own pictures: dvc repro, silverprint wait"
        )


def _campaign() -> None:
    """repro, wait, repro, … until nothing waits for people."""
    seen: list[object] = []
    while _call(["dvc", "repro"]) != 0:
        rounds = _status()
        if not any(one["state"] == "waiting" for one in rounds) or rounds in seen:
            raise StepError("dvc repro failed", "see its message above", "mend that, then run make demo again")
        for source in LABELLED if not seen else ():
            _silverprint("votes", "import", source)
        seen.append(rounds)
        _silverprint("wait")


def _status() -> list[dict[str, object]]:
    output = subprocess.run(["silverprint", "status", "--json"], check=True, capture_output=True, text=True)
    rounds: list[dict[str, object]] = json.loads(output.stdout)["rounds"]
    return rounds


@contextmanager
def _site() -> Iterator[None]:
    """The sample site, for as long as the campaign may crawl."""
    source = config.load().sources["web"]
    if not isinstance(source, config.WebSource):
        raise StepError("sources.web", "the demo crawls its sample site", "run: git checkout params.yaml")
    start = source.start[0]
    with _background("site", "--port", str(urlsplit(start).port)) as process:
        _await_site(start, process)
        yield


def _await_site(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}robots.txt", timeout=2):  # noqa: S310 (loopback, from params.yaml)
                return
        except OSError:
            time.sleep(0.1)
    log = layout.DEMO / "site.log"
    raise UnavailableError(address, "the sample site does not answer", f"see {log}")


@contextmanager
def _background(verb: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the demo in a session of its own, ended with the block."""
    name = "-".join([verb, *arguments[1:]]) if verb == "annotate" else verb
    layout.DEMO.mkdir(parents=True, exist_ok=True)
    with (layout.DEMO / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "silverprint.demo", verb, *arguments],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _demo(verb: str, *arguments: str) -> None:
    _must([sys.executable, "-m", "silverprint.demo", verb, *arguments])


def _silverprint(*arguments: str) -> None:
    _must(["silverprint", *arguments])


def _must(command: list[str]) -> None:
    code = _call(command)
    if code:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise StepError(shown, f"ended with exit code {code}", "see its message above, then run make demo again")


def _call(command: list[str]) -> int:
    """Runs a command in our foreground. At Ctrl-C it gets the signal too, and the time to end well."""
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait(timeout=60)
        raise


def _closing_words(seconds: float) -> None:
    studio = json.loads((layout.STUDIO / "server.json").read_text(encoding="utf-8"))["url"]
    mlflow = json.loads((layout.TRACKING / "server.json").read_text(encoding="utf-8"))["url"]
    people = ", ".join(str(layout.PEOPLE / f"{person}.json") for person in PEOPLE)
    say(f"\nDone in {seconds // 60:.0f} min {seconds % 60:.0f} s. Look at:")
    say(f"  Label Studio  {studio}   (sign in with an account of {people})")
    say(f"  MLflow        {mlflow}")
    say(f"  the report    {(layout.REPORT / 'index.html').resolve().as_uri()}")
    say("Stop the servers: make down · Take everything back: make clean-demo")
