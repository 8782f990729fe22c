"""Layout of a project's files, relative to its root. Nothing else spells a path under data/ or var/."""

from pathlib import Path
from typing import Final

PARAMS: Final = Path("params.yaml")
PIPELINE: Final = Path("dvc.yaml")
LOCK: Final = Path("dvc.lock")
VERSIONS: Final = Path("versions.yaml")
SUITES: Final = Path("expectations")

CHECK: Final = Path("data/check")
TAKEDOWNS: Final = Path("data/takedowns.csv")
WITHDRAWN: Final = Path("data/withdrawn.csv")
PURGED: Final = Path("data/purged.csv")
IMPORTS: Final = Path("data/imports.csv")
WORDS: Final = Path("data/words.csv")
WAIVERS: Final = Path("data/waivers.csv")
INCLUDE: Final = Path("data/include.csv")
EXCLUDE: Final = Path("data/exclude.csv")
GOLD: Final = Path("data/gold.csv")
CLASSES: Final = Path("data/classes.csv")
CLASS_CHANGES: Final = Path("data/class_changes.csv")
PERSONAL: Final = Path("data/personal.csv")
BLOCKED: Final = Path("data/blocked.csv")
ANNOTATORS: Final = Path("data/annotators.csv")
CONTRIBUTORS: Final = Path("data/contributors.csv")
STUDIES: Final = Path("data/studies.csv")
PAYMENTS: Final = Path("data/payments.csv")
CLEAN: Final = Path("data/clean")
MANIFEST: Final = CLEAN / "manifest.parquet"
BLURRED: Final = CLEAN / "blurred.parquet"
CLEAN_METRICS: Final = Path("data/metrics/clean.json")
QUALITIES: Final = Path("data/metrics/qualities.json")
EMBED: Final = Path("data/embed")
PERSONS: Final = Path("data/persons")
ROUNDS: Final = Path("data/rounds")
ROUND_DECISIONS: Final = Path("data/rounds.csv")
RELEASE: Final = Path("data/release")
RELEASES: Final = Path("data/releases.csv")
RELEASE_TABLES: Final = Path("data/releases")
REPORT: Final = Path("data/report")
INBOX: Final = Path("data/inbox")  # what people gave and no stage has taken yet: untracked, and on this disk alone

# Everything a machine may lose: servers' data, accounts, caches, locks. Untracked.
VAR: Final = Path("var")
STUDIO: Final = VAR / "studio"
TRACKING: Final = VAR / "mlflow"
PEOPLE: Final = VAR / "people"
NAMES: Final = VAR / "names.json"
CONTRIBUTE: Final = VAR / "contribute"
RECRUITING: Final = VAR / "recruit"  # lists for and from those who find people
SERVING: Final = VAR / "serving"
NEEDLES: Final = VAR / "purged"  # by what a purged picture is looked for
LOCKS: Final = VAR / "locks"
PIXELS: Final = VAR / "pixels.kept"
MINIATURES: Final = VAR / "miniatures.kept"
ALIKE: Final = VAR / "alike.kept"
ROTATED: Final = VAR / "rotated.kept"
NEAREST: Final = VAR / "nearest.kept"
OBJECTS: Final = VAR / "objects"  # copies of what lies in a bucket, by its SHA-256
UNIT_COSTS: Final = VAR / "unit-costs.json"  # what `silverprint plan` tried on this machine
RELEASE_DIFFS: Final = VAR / "releases"
BROWSE: Final = VAR / "browse"  # the map of the pool
FINETUNING: Final = VAR / "finetuning"  # checkpoints of a network that is being trained
REBUILT: Final = VAR / "rebuilt"  # models of earlier rounds, learnt once more on other features
DEMO: Final = VAR / "demo"
NOT_SEARCHED: Final = (NEEDLES, LOCKS, DEMO)  # for traces of a purged picture: what it is looked for by, and its source

MEASURED_BY: Final = "version.txt"  # beside measurements: the number of the stage that made them


def raw(source: str) -> Path:
    return Path("data/raw") / source


def inbox(source: str) -> Path:
    return INBOX / source


def measured(source: str) -> Path:
    return Path("data/measured") / source


def rebuilt(name: str) -> Path:
    return REBUILT / name


def round_dir(name: str) -> Path:
    return ROUNDS / name


def score(name: str) -> Path:
    return round_dir(name) / "score"


def queue(name: str) -> Path:
    return round_dir(name) / "queue.csv"


def queue_page(name: str) -> Path:
    return round_dir(name) / "queue.html"


def asks(name: str) -> Path:
    return round_dir(name) / "asks.csv"


def votes(name: str) -> Path:
    return round_dir(name) / "votes.csv"


def state(name: str) -> Path:
    return round_dir(name) / "state.json"


def labels(name: str) -> Path:
    return round_dir(name) / "labels"


def gate(name: str) -> Path:
    return round_dir(name) / "gate.json"


def gate_rows(name: str) -> Path:
    return round_dir(name) / "gate.csv"


def model(name: str) -> Path:
    return round_dir(name) / "model"


def version(number: int) -> Path:
    return RELEASE_TABLES / f"v{number}.parquet"


def metrics(name: str) -> Path:
    return round_dir(name) / "metrics.json"
