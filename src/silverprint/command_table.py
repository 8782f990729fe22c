"""Table of all commands: name, help, and the function that does the work. Nothing heavy is imported here."""

import os
import re
from argparse import ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Argument:
    flags: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verb:
    name: str
    help: str
    target: str = ""  # module:function below the package
    arguments: tuple[Argument, ...] = ()
    params: bool = True  # the function's first argument is the loaded parameters
    stage: bool = False  # run by DVC: the pipeline is checked first
    anywhere: bool = False  # whether it runs where it was called, even outside of the project's folder
    verbs: tuple["Verb", ...] = ()
    aliases: tuple[str, ...] = ()  # earlier names, which go on working


def _arg(*flags: str, **options: Any) -> Argument:
    return Argument(flags, options)


def _stage(name: str, help_text: str, *arguments: Argument) -> Verb:
    return Verb(name, help_text, f"stages.{name}:run", arguments, stage=True)


_ARCHIVE = "a partner's folder, zip or tar, or where it is on S3"
_SITE = "the first page to crawl: it is looked at, and selectors proposed"
_FOLDER = "a folder of your own, its subfolders named after labels"
_URLS = "a list of pictures' addresses: .csv, .parquet or .jsonl"
_SOURCE = _arg("source", metavar="SOURCE", help="a name under `sources` in params.yaml")
_PERSON = _arg("name", metavar="NAME", help="a person's name or e-mail address, or the pseudonym that the tables have")
_WHY = "kept in data/annotators.csv, which is in Git"
_JSON = _arg("--json", action="store_true", dest="as_json", help="for programs")
_YES = _arg("--yes", action="store_true", help="do not ask")
_DRY_RUN = _arg("--dry-run", action="store_true", help="print what would be asked of the recruiter, and ask it not")
_STUDY = _arg("name", metavar="STUDY", help="as `recruit status` has it")
_PARTICIPANT = _arg("participant", metavar="PARTICIPANT", help="as `recruit status` has it")
_CLASS = _arg("name", metavar="CLASS", help="one of dataset.classes")
_WHY_CLASSES = _arg("--why", required=True, help="kept in data/class_changes.csv, which is in Git")
_ROUND = _arg("round_name", metavar="ROUND", help="a name under `rounds` in params.yaml")


def _overlap(text: str) -> int | dict[str, Any]:
    """As params.yaml has it; the rules are checked there."""
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9}):([0-9]*\.?[0-9]+)", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no number of people, and no MIN-MAX:UNTIL as in 1-5:0.9")
    return {"min": int(found[1]), "max": int(found[2]), "until": float(found[3])}


_KNOBS = (  # of a round
    _arg("--strategy", help="acquisition function; default, as of all these: as planned, else the round's before"),
    _arg("--budget", type=int, help="pictures to ask about"),
    _arg("--overlap", type=_overlap, help="people asked about each; 1-5:0.9 is {min: 1, max: 5, until: 0.9}"),
    _arg("--control", type=float, help="share of the budget that is drawn at random"),
    _arg("--relabel", type=float, help="share of the budget, at most, for a second look"),
    _arg("--audit", type=float, help="share of the budget that is drawn at random to test automatic labels"),
    _arg("--floor", type=float, help="share of the picks that is divided evenly among the predicted classes"),
    _arg("--gold", type=int, help="pictures whose label is known, hidden among the others"),
    _arg("--show-predictions", action=BooleanOptionalAction, help="pre-select the model's guess on the page"),
    _arg("--page", choices=["single", "grid"], help="one picture a page, or many of one predicted class"),
    _arg("--page-images", type=int, help="pictures on a page of a grid, at most: 12 to 48"),
)


def _path(text: str) -> Path:
    """In full, for the command runs in the project's folder and not where it was typed."""
    if not text.strip():
        raise ArgumentTypeError("a path is not empty")
    return Path(os.path.abspath(text))  # noqa: PTH100 (without `..`, but with the links as they were typed)


def _place(text: str) -> Path | str:
    """An S3 prefix as it is, else a path in full."""
    return text if text.startswith("s3://") else _path(text)


def _version(text: str) -> int:
    number = text.removeprefix("v")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and int(number)):
        raise ArgumentTypeError(f"{text[:40]!r} is no version: v1, v2, ...")
    return int(number)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= 1_000_000):
        raise ArgumentTypeError(f"{text[:40]!r} is no number from 1 to 1,000,000")
    return int(text)


def _amount(most: int, least: int = 1) -> Callable[[str], int]:
    """A whole number of `least` to `most`, as digits or as 1e8."""

    def read(text: str) -> int:
        try:
            number = Decimal(text) if text.isascii() and len(text) < 40 else Decimal("nan")
        except InvalidOperation:
            number = Decimal("nan")
        if not (number.is_finite() and least <= number <= most and number == number.to_integral_value()):
            raise ArgumentTypeError(f"{text[:40]!r} is no whole number from {least:,} to {most:,}")
        return int(number)

    return read


def _money(text: str) -> int:
    """An amount in the hundredth part of a currency."""
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,2})?", text, re.ASCII) or not Decimal(text):
        raise ArgumentTypeError(f"{text[:40]!r} is no amount from 0.01 to 99999.99, as in 2.50")
    return int(Decimal(text) * 100)


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise ArgumentTypeError(f"{text[:40]!r} is no currency: three capital letters of ISO 4217, as EUR")
    return text


def _port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return int(text)


def _port(first: int) -> Argument:
    return _arg(
        "--port",
        type=_port_number,
        help=f"on loopback; default: the last one, at first {first} or the next that is free",
    )


_OWN = _arg("--own", action="store_true", help="a server of this campaign's own, from now on, with its data in var/")
_EVERYONE = _arg("--all", dest="everyone", action="store_true", help="also where other campaigns use it")

STAGES = (
    _stage("check", "check that params.yaml and dvc.yaml agree, and that rounds which people have seen are unchanged"),
    _stage("acquire", "fetch a source's pictures into shards", _SOURCE),
    _stage("measure", "decode each new picture once: quality figures and hashes", _SOURCE),
    _stage("embed", "features of each new picture from the frozen backbone"),
    _stage("persons", "faces in each new picture, where `persons.detector` names a detector"),
    _stage("clean", "thresholds, duplicates, licences, withdrawals: one manifest row a picture"),
    _stage("start", "the state before the first round: no labels, no model"),
    _stage("score", "let the previous round's model predict the pool", _ROUND),
    _stage("queue", "choose the pictures to ask people about, with the reasons", _ROUND),
    _stage("preview", "a page of the queue's pictures with the reasons, for those who plan the round", _ROUND),
    _stage("annotate", "push the queue to Label Studio and pull the votes; exit 75 while people work", _ROUND),
    _stage("labels", "consensus over all votes so far", _ROUND),
    _stage("gate", "check the labels; a critical failure stops the round", _ROUND),
    _stage("train", "train on the labels so far, evaluate on the evaluation set", _ROUND),
    Verb(
        "release",
        "the dataset as people use it, in the formats of release.formats",
        "stages.release:run",
        (
            _arg(
                "--round", dest="round_name", metavar="ROUND", help="from this round's labels, while a later one waits"
            ),
        ),
        stage=True,
        verbs=(
            Verb(
                "diff",
                "what changed between two versions of the release, as a table and a page",
                "commands.release_diff:run",
                (
                    _arg("before", metavar="VERSION", type=_version, help="v1, v2, ... of data/releases.csv"),
                    _arg("after", metavar="VERSION", type=_version),
                ),
            ),
            Verb(
                "push",
                "upload the release to the Hugging Face Hub, as a private dataset; HF_TOKEN is read",
                "commands.release_push:run",
                (
                    _arg("repository", metavar="OWNER/NAME", help="a dataset's name there; made if it is not there"),
                    _arg("--public", action="store_true", help="a dataset that is made is one that everybody sees"),
                    _arg("--dry-run", action="store_true", help="say what would be uploaded, and ask nobody"),
                    _YES,
                ),
            ),
        ),
    ),
    _stage("report", "pages and pictures about the whole campaign"),
)

COMMANDS = (
    Verb(
        "init",
        "make a new campaign in a Git and DVC repository of its own; asks for what is not given",
        "commands.init:run",
        (
            _arg("folder", metavar="FOLDER", type=_path, help="a new folder, or an empty one"),
            _arg("--classes", metavar="A,B,...", help="the answers to choose from"),
            _arg("--question", metavar="TEXT", help="what people are asked about each picture"),
            _arg(
                "--folder",
                dest="folders",
                metavar="PATH",
                type=_path,
                action="append",
                default=[],
                help=f"{_FOLDER}; may be given again, as the next three",
            ),
            _arg("--urls", metavar="FILE", type=_path, action="append", default=[], help=_URLS),
            _arg("--archive", dest="archives", metavar="FILE", type=_place, action="append", default=[], help=_ARCHIVE),
            _arg("--site", dest="sites", metavar="URL", action="append", default=[], help=_SITE),
            _arg("--license", help="SPDX identifier of pictures for which the manifest or list names none"),
            _arg("--people", type=int, default=3, help="how many will label; default 3"),
        ),
        params=False,
        anywhere=True,
    ),
    Verb(
        "docs",
        "print a page of the documentation, or the names of all",
        "commands.docs:run",
        (
            _arg(
                "page", nargs="?", metavar="PAGE", help="params, jobs/open-a-round; as messages name it: docs/params.md"
            ),
        ),
        params=False,
        anywhere=True,
    ),
    Verb(
        "repro",
        "pull the outputs that stages carry on from, then run what is new: `dvc repro` with what a clone needs",
        "commands.repro:run",
        (_arg("targets", metavar="TARGET", nargs="*", help="stages, as for dvc repro; default: all"),),
        params=False,
    ),
    Verb(
        "upgrade",
        "bring this campaign's files to the installed version: shows what would change, writes it only with --yes",
        "commands.upgrade:run",
        (
            _arg("--yes", action="store_true", help="write it, in one commit"),
            _arg("--dry-run", dest="yes", action="store_false", help="only show it, as without --yes"),
        ),
        params=False,
    ),
    Verb(
        "demo",
        "the sample campaign over three rounds, with simulated people on real servers",
        "commands.demo:run",
        (
            _arg("--folder", type=_path, help="default: the campaign that is here, else a new folder fashion-demo"),
            _arg("--pictures", type=int, help="default 5000"),
            _arg(
                "--studio-port", type=_port_number, help="default: the last one, at first 8080 or the next that is free"
            ),
            _arg(
                "--mlflow-port", type=_port_number, help="default: the last one, at first 5000 or the next that is free"
            ),
        ),
        params=False,
        anywhere=True,
    ),
    Verb(
        "status",
        "the rounds, their states, whom they wait for, what to do next",
        "commands.status:run",
        (
            _JSON,
            _arg("--sealed", action="store_true", help="print the stages whose outputs a clone must pull"),
        ),
    ),
    Verb(
        "plan",
        "what a campaign of so many pictures takes: hours, memory, disk, people and money, and what limits it",
        "commands.plan:run",
        (
            _arg(
                "--pictures",
                type=_amount(10**12),
                metavar="N",
                help="acquired pictures, as 1e8; default: this campaign's",
            ),
            _arg("--machines", type=_amount(10_000), default=1, metavar="N", help="machines like this one; default 1"),
            _arg("--gpus", type=_amount(10_000, least=0), metavar="N", help="GPUs; default: what is here"),
            _arg("--costs", dest="costs_file", metavar="FILE", type=_path, help="unit costs and prices, as YAML"),
            _JSON,
        ),
    ),
    Verb(
        "compare",
        "rounds side by side: their models on the same pictures, what is more than chance, labels that flipped",
        "commands.compare:run",
        (
            _arg("rounds", metavar="ROUND", nargs="*", help="two or more; default: the first and the last trained"),
            _arg("--flips", action="store_true", help="train with the old and the new labels, to see what flips did"),
            _arg("--page", dest="page_file", metavar="FILE", type=_path, help="write it as an HTML page, too"),
        ),
    ),
    Verb("wait", "show the annotators' progress until the open rounds are answered", "commands.wait:run"),
    Verb(
        "round",
        "plan, open, change and end rounds",
        verbs=(
            Verb(
                "add",
                "plan a round behind the others, as the last of them but for what is given",
                "commands.round_open:add",
                (_arg("name", metavar="ROUND"), *_KNOBS),
            ),
            Verb(
                "open",
                "say what a round costs and have people asked in it, once the round before is closed",
                "commands.round_open:open_round",
                (_arg("name", metavar="ROUND"), *_KNOBS),
            ),
            Verb(
                "remove",
                "take a round back that nobody has answered: its tasks are deleted, and it is planned again",
                "commands.round_end:remove",
                (
                    _arg("name", metavar="ROUND", help="the last opened round, or a planned one, which is forgotten"),
                    _arg("--why", help="kept in data/rounds.csv; a planned round needs none"),
                ),
            ),
            Verb(
                "close",
                "end a round with what was answered; silverprint repro then closes it, and the gate judges as usual",
                "commands.round_end:close",
                (
                    _arg("name", metavar="ROUND"),
                    _arg("--early", action="store_true", help="although not everybody has answered"),
                    _arg("--why", required=True, help="kept in data/rounds.csv"),
                ),
            ),
            Verb(
                "late",
                "look for answers that came after a round was closed, and have silverprint repro pull them",
                "commands.round_end:pull_late",
                (_arg("name", metavar="ROUND"), _arg("--why", required=True, help="kept in data/rounds.csv")),
            ),
            Verb(
                "rebuild",
                "let earlier rounds' models learn once more on the features at hand, to compare them",
                "stages.train.rebuild:run",
                (_arg("rounds", metavar="ROUND", nargs="*", help="default: every trained one with other features"),),
            ),
            Verb("redraw", "draw a queue again, if nobody has seen it yet", "commands.rounds:redraw", (_ROUND,)),
            Verb(
                "move",
                "continue a waiting round on another Label Studio, because its own is gone",
                "commands.round_move:move",
                (_ROUND,),
            ),
            Verb(
                "reopen",
                "ask more people about a closed round's pictures",
                "commands.rounds:reopen",
                (
                    _ROUND,
                    _arg("--extra", type=int, help="more people to ask about each; default 1"),
                    _arg("--all", action="store_true", dest="everything", help="not only the disputed ones"),
                    _arg(
                        "--not-one-of-these",
                        action="store_true",
                        help="pictures answered so before a class was added; default of --extra: one more than they",
                    ),
                    _arg("--why", required=True, help="kept beside the ask"),
                ),
            ),
        ),
    ),
    Verb(
        "source",
        "add, list or remove sources, in params.yaml and dvc.yaml together",
        verbs=(
            Verb(
                "add",
                "add a site, an archive, a folder or a list, or complete a source that params.yaml already has",
                "commands.sources:add_from_options",
                (
                    _arg("name", metavar="SOURCE"),
                    _arg("--archive", type=_place, help=_ARCHIVE),
                    _arg("--folder", type=_path, help=_FOLDER),
                    _arg("--urls", type=_path, help=_URLS),
                    _arg("--site", metavar="URL", help=_SITE),
                    _arg("--next", metavar="CSS", help="of a site: the link to its next listing page"),
                    _arg("--page", metavar="CSS", help="of a site: links to pages of single pictures"),
                    _arg("--picture", metavar="CSS", help="of a site: the picture on its page"),
                    _arg(
                        "--allow-private",
                        metavar="HOST:PORT",
                        action="append",
                        default=[],
                        help="of a site: a private address that may be fetched; may be given again",
                    ),
                    _arg("--force", action="store_true", help="write a site's entry even if no picture was found"),
                    _arg("--license", help="SPDX identifier of pictures for which the manifest or list names none"),
                ),
                params=False,
            ),
            Verb(
                "list",
                "list the sources with their counts; with --rejected what gave no picture of the dataset, and why",
                "commands.source_list:run",
                (
                    _arg("source", metavar="SOURCE", nargs="?", help="one of them; default: all"),
                    _arg("--rejected", action="store_true", help="reason, file or address, and picture, a line each"),
                    _JSON,
                ),
            ),
            Verb(
                "remove",
                "remove a source of which nothing was labelled",
                "commands.sources:remove",
                (_arg("name", metavar="SOURCE"),),
                params=False,
            ),
        ),
    ),
    Verb(
        "takedown",
        "withdraw pictures and their copies, for good; `silverprint repro` then replays it through every round",
        "commands.takedown:run",
        (
            _arg("target", metavar="IMAGE_ID|URL|DOMAIN|SOURCE|CONTRIBUTOR"),
            _arg("--why", help="kept beside the takedown; needed but for --prove alone"),
            _arg("--purge", action="store_true", help="take the pictures out of every place that can be reached, too"),
            _arg("--prove", action="store_true", help="look for them in every such place, and say what is left"),
            _arg("--yes", action="store_true", help="delete objects on DVC's remotes without a question"),
        ),
    ),
    Verb(
        "votes",
        "labels that come from elsewhere, as votes",
        verbs=(
            Verb(
                "import",
                "turn the labels that a source came with into votes by the annotator import:SOURCE",
                "commands.votes:import_labels",
                (
                    _SOURCE,
                    _arg(
                        "--map",
                        dest="words",
                        metavar="WORD=CLASS",
                        action="append",
                        help="the class that a word of the source means; may be given again",
                    ),
                ),
            ),
        ),
    ),
    Verb(
        "gold",
        "pictures whose label is known, hidden among the others to check the annotators",
        verbs=(
            Verb(
                "add",
                "add a picture that nobody was asked about",
                "commands.gold:add",
                (
                    _arg("image_id", metavar="IMAGE_ID"),
                    _arg("label", metavar="LABEL", help="a class, or 'not one of these'"),
                    _arg("--why", required=True, help="why its label is known"),
                ),
            ),
            Verb(
                "import",
                "add the pictures of a CSV file with the columns image_id, label, why",
                "commands.gold:import_file",
                (_arg("path", metavar="FILE", type=_path),),
            ),
        ),
    ),
    Verb(
        "blocked",
        "pictures that nobody is to see, by their hashes",
        verbs=(
            Verb(
                "add",
                "add the hashes of files; the files themselves are kept nowhere",
                "commands.blocked:add",
                (
                    _arg("files", metavar="FILE", nargs="+", type=_path),
                    _arg("--why", required=True, help="kept beside the hash"),
                ),
            ),
        ),
    ),
    Verb(
        "classes",
        "list the classes with their votes and labels; below, change them: earlier votes follow",
        "commands.classes:show",
        verbs=(
            Verb(
                "add",
                "add a class, or one that was retired; pictures that it may be hidden in get a second look",
                "commands.classes:add",
                (
                    _arg("name", metavar="CLASS"),
                    _arg(
                        "--from",
                        dest="among",
                        metavar="CLASS",
                        action="append",
                        default=[],
                        help="a class whose pictures may be of the new one; may be given again",
                    ),
                    _WHY_CLASSES,
                    _YES,
                ),
            ),
            Verb(
                "rename",
                "give a class another name; it keeps its number, its votes and its labels",
                "commands.classes:rename",
                (_CLASS, _arg("new", metavar="NAME"), _WHY_CLASSES, _YES),
            ),
            Verb(
                "merge",
                "make one class of several; their votes are votes for it",
                "commands.classes:merge",
                (
                    _arg("names", metavar="CLASS", nargs="+", help="two or more of dataset.classes"),
                    _arg("--into", required=True, metavar="NAME", help="one of them, or a new name"),
                    _WHY_CLASSES,
                    _YES,
                ),
            ),
            Verb(
                "split",
                "make several classes of one; its pictures get a second look, and its votes count for nothing",
                "commands.classes:split",
                (_CLASS, _arg("new", metavar="NAME", nargs="+", help="two or more new names"), _WHY_CLASSES, _YES),
            ),
            Verb(
                "retire",
                "take a class off the page; its votes count as 'not one of these' until it is added again",
                "commands.classes:retire",
                (_CLASS, _WHY_CLASSES, _YES),
            ),
        ),
    ),
    Verb(
        "ledger",
        "merge the ledgers of two branches",
        verbs=(
            Verb(
                "merge",
                "Git's merge driver for ledgers and rounds' states; `silverprint repro` tells Git of it",
                "commands.ledger:merge",
                tuple(
                    _arg(name, metavar=name.upper(), type=_path, help=what)
                    for name, what in (
                        ("base", "%%O, what both branches began with"),
                        ("ours", "%%A, which becomes the result"),
                        ("theirs", "%%B"),
                        ("path", "%%P, the file's name"),
                    )
                ),
                params=False,
                anywhere=True,
            ),
            Verb(
                "fix",
                "remove Git's conflict marks from a ledger, or restore the version that a round was sealed with",
                "commands.ledger:fix",
                (_arg("path", metavar="FILE", type=_path),),
                params=False,
                aliases=("mend",),
            ),
        ),
    ),
    Verb(
        "contribute",
        "pages on which people give pictures to a source of the kind crowd",
        verbs=(
            Verb("up", "start them on this machine, loopback only", "commands.contribute:up", (_port(8090),)),
            Verb("down", "stop them", "commands.contribute:down", params=False),
            Verb(
                "invite",
                "print links, each good for a number of pictures and days",
                "commands.contribute:invite",
                (
                    _SOURCE,
                    _arg("--theme", help="a name under the source's themes; needed where there are several"),
                    _arg("--pictures", type=_count, default=50, help="by one link, whoever uses it; default 50"),
                    _arg("--days", type=_count, default=14, help="that it is good for; default 14"),
                    _arg("--links", type=_count, default=1, help="how many; default 1"),
                    _arg(
                        "--for",
                        dest="notes",
                        metavar="NAME",
                        action="append",
                        default=[],
                        help="a link for this person; kept on this machine alone; may be given again",
                    ),
                ),
            ),
            Verb(
                "status",
                "what was given and by which contributor, completion codes, and what to do next",
                "commands.contributors:show",
                (_JSON,),
            ),
            Verb(
                "review",
                "what became of each contributor's pictures, and a proposal; a person accepts or rejects",
                "commands.contributor_review:run",
                (
                    _arg("--accept", metavar="CONTRIBUTOR", action="append", default=[], help="may be given again"),
                    _arg("--reject", metavar="CONTRIBUTOR", action="append", default=[], help="likewise; needs --why"),
                    _arg("--why", help="kept in data/contributors.csv, which is in Git; default: what is proposed"),
                    _JSON,
                ),
            ),
            Verb(
                "end",
                "let nobody more begin by a link, as one that went astray; who began may finish",
                "commands.contribute:end",
                (_arg("link", metavar="LINK", help="as `contribute invite` printed it"),),
            ),
            Verb(
                "withdraw",
                "withdraw all that contributors took back once a stage had it",
                "commands.contributors:withdraw",
            ),
            Verb(
                "forget",
                "erase who a contributor was, and end their session; what they gave stays under the pseudonym",
                "commands.contributors:forget",
                (_arg("pseudonym", metavar="CONTRIBUTOR", help="as `contribute status` has it"), _YES),
            ),
        ),
    ),
    Verb(
        "recruit",
        "people who are paid to give pictures to a source of the kind crowd, or to label a round's",
        verbs=(
            Verb(
                "open",
                "say what a study costs, and let a recruiter find people for it",
                "commands.recruit:open_study",
                (
                    _arg("source", metavar="SOURCE", nargs="?", help="a crowd of params.yaml, for pictures"),
                    _arg("--label", metavar="ROUND", help="instead of SOURCE: a round, whose pictures people label"),
                    _arg("--by", choices=["links", "files", "prolific"], default="links", help="default links"),
                    _arg("--places", type=_count, required=True, help="submissions that are wanted"),
                    _arg("--pay", type=_money, required=True, help="of one submission, as in 2.50"),
                    _arg("--minutes", type=_count, required=True, help="that one takes"),
                    _arg("--theme", help="a name under the source's themes; needed where there are several"),
                    _arg("--pictures", type=_count, default=20, help="of one participant, at most; default 20"),
                    _arg("--answers", type=_count, default=20, help="of one participant who labels; default 20"),
                    _arg("--days", type=_count, default=14, help="that links are good for; default 14"),
                    _arg("--currency", type=_currency, help="as EUR; default: people.currency"),
                    _DRY_RUN,
                    _YES,
                ),
            ),
            Verb(
                "status", "what was handed in, decided and paid, and what to do next", "commands.recruit:show", (_JSON,)
            ),
            Verb(
                "review",
                "how well each participant labelled, and a proposal; a person accepts or rejects",
                "commands.recruit_review:run",
                (
                    _arg("--accept", metavar="ANNOTATOR", action="append", default=[], help="may be given again"),
                    _arg("--reject", metavar="ANNOTATOR", action="append", default=[], help="may be given again"),
                    _arg("--why", help="kept in data/contributors.csv, which is in Git; default: what is proposed"),
                    _JSON,
                ),
            ),
            Verb(
                "pay",
                "approve submissions of accepted contributors, reject those of rejected ones; never twice",
                "commands.recruit_pay:pay",
                (_STUDY, _DRY_RUN),
            ),
            Verb(
                "bonus",
                "pay a participant something on top",
                "commands.recruit_pay:bonus",
                (
                    _STUDY,
                    _PARTICIPANT,
                    _arg("amount", metavar="AMOUNT", type=_money, help="as in 1.50"),
                    _arg("--why", required=True, help="kept in data/payments.csv, which is in Git"),
                    _YES,
                ),
            ),
            Verb(
                "settle",
                "say whether a bonus was paid whose answer was lost, once you looked at the recruiter",
                "commands.recruit_pay:settle",
                (
                    _STUDY,
                    _PARTICIPANT,
                    _arg("--paid", action=BooleanOptionalAction, required=True, help="what the recruiter's site says"),
                ),
            ),
            Verb("close", "let nobody more begin", "commands.recruit:close", (_STUDY, _DRY_RUN)),
        ),
    ),
    Verb(
        "model",
        "a round's model, for other programs, and what fine-tuning would show one",
        verbs=(
            Verb(
                "augmentations",
                "a page of sixteen pictures, each as augmentation changes it, eight times",
                "commands.model_augmentations:run",
                (_arg("path", metavar="FILE", type=_path, help="the page to write, .html"),),
            ),
            Verb(
                "export",
                "write it as one ONNX file: decoded pictures in, probabilities out",
                "commands.model_export:run",
                (
                    _arg("path", metavar="FILE", type=_path, help="the file to write, .onnx"),
                    _arg(
                        "--round",
                        dest="round_name",
                        metavar="ROUND",
                        help="whose model; default: the newest round that has one",
                    ),
                ),
            ),
        ),
    ),
    Verb(
        "browse",
        "look at the pool in the browser: map, filters, similar pictures; a selection becomes lines of ledgers",
        "commands.browse:run",
        (_arg("--port", type=_port_number, help="on loopback; default: 8070 or the next that is free"),),
    ),
    Verb(
        "trace",
        "a picture's whole history: its origin and licence, its votes, the models trained on it",
        "commands.trace:run",
        (
            _arg(
                "image_id",
                metavar="IMAGE_ID",
                help="64 hex digits, or the first 8 or more; or an address, or the name of a file",
            ),
            _JSON,
        ),
    ),
    Verb(
        "doctor",
        "check every shard against its index",
        "commands.doctor:run",
        (
            _arg(
                "--fix",
                "--mend",  # its earlier name
                action="store_true",
                help="clean up what a killed run left, restore damaged shards from DVC's cache",
            ),
        ),
    ),
    Verb(
        "people",
        "accounts of annotators",
        verbs=(
            Verb(
                "invite",
                "create accounts that can sign in to Label Studio",
                "commands.people:invite",
                (
                    _arg("names", metavar="NAME", nargs="+", help="a plain name or an e-mail address"),
                    _arg("--tier", help="the group of people that they belong to from now on, as params.yaml names it"),
                ),
                params=False,
            ),
            Verb("list", "list the annotators' accounts, states and quality", "commands.people:show"),
            Verb(
                "retire",
                "take somebody's votes out of the labels and stop their work; the votes stay in the ledgers",
                "commands.people_states:retire",
                (_PERSON, _arg("--why", required=True, help=_WHY), _YES),
            ),
            Verb(
                "pause",
                "stop somebody's work for now; their votes count",
                "commands.people_states:pause",
                (_PERSON, _arg("--why", required=True, help=_WHY)),
            ),
            Verb(
                "resume",
                "let a paused or retired person work again; their votes count",
                "commands.people_states:resume",
                (_PERSON, _arg("--why", required=True, help=_WHY)),
            ),
            Verb(
                "erase",
                "remove who somebody is, here and on the server; their votes stay under the pseudonym",
                "commands.people_states:erase",
                (_PERSON, _YES),
            ),
        ),
    ),
    Verb(
        "studio",
        "Label Studio on this machine, loopback only",
        verbs=(
            Verb("prepare", "create its empty database, for its first start", "commands.studio:prepare", params=False),
            Verb("up", "start it, one for all your campaigns", "commands.studio:up", (_port(8080), _OWN), params=False),
            Verb(
                "down", "stop it, unless another campaign uses it", "commands.studio:down", (_EVERYONE,), params=False
            ),
            Verb(
                "move",
                "have a campaign with a Label Studio of its own use the one of all your campaigns",
                "commands.studio.move:move",
                params=False,
            ),
            Verb(
                "backup",
                "write its database, uploads and account into one file, while people work or not",
                "commands.studio.backup:backup",
                (_arg("file", type=Path, help="a file for your eyes only: every answer and a password are in it"),),
                params=False,
            ),
            Verb(
                "restore",
                "put a backup in the place of its data; it must be stopped",
                "commands.studio.backup:restore",
                (
                    _arg("file", type=Path, help="what `studio backup` wrote"),
                    _arg("--replace", action="store_true", help="replace the Label Studio that is here; it is kept"),
                ),
                params=False,
            ),
        ),
    ),
    Verb(
        "track",
        "MLflow: the rounds side by side",
        verbs=(
            Verb(
                "up",
                "start MLflow on this machine, loopback only, one for all your campaigns",
                "commands.mlflow_server:up",
                (_port(5000), _OWN),
                params=False,
            ),
            Verb(
                "down",
                "stop it, unless another campaign uses it",
                "commands.mlflow_server:down",
                (_EVERYONE,),
                params=False,
            ),
            Verb(
                "move",
                "have a campaign with an MLflow of its own use the one of all your campaigns",
                "commands.mlflow_server:move",
            ),
            Verb("sync", "rebuild every run from the outputs alone", "commands.track:sync"),
        ),
    ),
)

VERBS = (*COMMANDS, *STAGES)
