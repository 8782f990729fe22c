"""Sentences about a release that several of its documents have: each counts what the tables say."""

from collections.abc import Mapping
from typing import Any, Final

from silverprint.config.sources import DEFAULT_AGENT, UrlSource, WebSource
from silverprint.core.cleaning.rules import RULES
from silverprint.core.reporting import summary
from silverprint.core.reporting.release_facts import ReleaseFacts, SourceFacts, value_counts

KINDS: Final = {
    "web": "crawl",
    "urls": "list of addresses",
    "archive": "drop",
    "folder": "folder",
    "crowd": "contributions",
}

LIMITS: Final = [
    "Labels of train and test are people's answers, not the truth: see agreement and n_votes.",
    "train is no random sample: its pictures were chosen where they teach most. Estimate shares of classes from test,"
    " each picture that has a weight weighed by it.",
    "Pictures of one group (near-duplicates, and what looks nearly alike, as far as clean.group says) are in one split;"
    " pictures that resemble each other less may be in several.",
    "Labels of imported, where there are some, are as sources brought them, held to the promise of silver.",
    "silver, where there is one, repeats its model's mistakes and favours pictures that are easy for it.",
]

_TOLD: Final = ("page_url", "caption", "license", "robots", "reservation", "contract", "consent")


def limits(facts: ReleaseFacts) -> list[str]:
    """LIMITS, and which pictures of test models of earlier rounds may have learnt from."""
    if not facts.drawn_later:
        return LIMITS
    were = "was" if facts.drawn_later == 1 else "were"
    return [
        *LIMITS,
        f"{facts.drawn_later:,} of test {were} drawn after {facts.params.chain[0]}. No model of the round that drew a"
        " picture (round), or of a later one, was trained on it; those of earlier rounds may have learnt from it, as"
        " from any picture that nobody was asked about: by the label that a source brought, or without one. Measure"
        " such a model on the rows whose round is its own or an earlier one.",
    ]


def copied(facts: ReleaseFacts) -> str:
    """What is in the release beside its pictures, with a space before; empty where nothing is."""
    if not facts.copies:
        return ""
    each = facts.params.release.augment
    return (
        f" Beside them are {facts.copies:,} augmented copies, {each} of each picture of train, which name it as parent."
    )


def pictures(count: int) -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{count:,} picture{'' if count == 1 else 's'}"


def counted(counts: Mapping[str, int]) -> str:
    """`near-duplicate 12, flat 3`, each name as one line; `none` where there are none."""
    return ", ".join(f"{' '.join(name.split())} {count:,}" for name, count in counts.items() if count) or "none"


def acquired(source: SourceFacts, used: str) -> str:
    """What was looked at and taken of a source, and what was not; `used` says what became of it, `Released: 5`."""
    found = source.outcomes
    if not found:
        return f"{source.name} ({KINDS[source.settings.kind]}): nothing was looked at."
    period = f", {source.first[:10]} to {source.last[:10]}" if source.first and source.last else ""
    what = "addresses" if source.fetched else "files"
    taken = counted({name: found[name] for name in ("stored", "duplicate", "refused", "failed", "purged")})
    refused = f" Refused: {counted(source.refusals)}." if source.refusals else ""
    return (
        f"{source.name} ({KINDS[source.settings.kind]}{period}): {found['addresses']:,} {what}, {taken}.{refused}"
        f" {used}."
    )


def obeyed(source: SourceFacts) -> str:
    """Which signals against training the source obeys, what they said, and what became of it."""
    signals = ", ".join(source.settings.respect) or "none"
    said = "; ".join(
        f"{row['said']} of {row['addresses']:,} addresses, {row['refused']:,} of them refused"
        for row in source.reservations
    )
    return (
        f"{source.name}: obeys {signals}, as set now. Said: {said or 'nothing'}. Refused: {counted(source.refusals)}."
    )


def user_agent(settings: WebSource | UrlSource) -> str:
    """What the source's requests name as their user agent, as set now: of the default, that it names nobody."""
    agent = settings.user_agent
    return f"{agent.split()[0]} (the default: no contact was given)" if agent == DEFAULT_AGENT else agent


def crawlers(facts: ReleaseFacts) -> dict[str, list[str]]:
    """User agent, as `user_agent` says -> the sources of which something was fetched."""
    found: dict[str, list[str]] = {}
    for source in facts.sources:
        if source.outcomes and isinstance(source.settings, WebSource | UrlSource):
            found.setdefault(user_agent(source.settings), []).append(source.name)
    return found


def missing(facts: ReleaseFacts) -> str:
    nulls = {name: facts.rows[name].null_count() for name in _TOLD}
    return f"Of {pictures(facts.rows.height)} the source does not tell: {counted(nulls)}."


def cleaned(facts: ReleaseFacts) -> list[str]:
    """Why pictures were rejected, the commonest reason first, with what each means."""
    words = {rule.reason: rule.words for rule in RULES}
    kept = int(facts.manifest["kept"].sum())
    rejected = [
        f"Rejected as {reason}: {rejected_so:,} ({words.get(reason, reason)})."
        for reason, rejected_so in summary.rejections(facts.manifest).iter_rows()
    ]
    stripped = "Metadata that could identify a person or a place was stripped; the pixels are those fetched."
    return [f"Of {facts.manifest.height:,} acquired pictures {kept:,} were kept.", *rejected, stripped]


def annotated(facts: ReleaseFacts) -> list[str]:
    dataset = facts.params.dataset
    answers = sum(one["answers"] for one in facts.annotators)
    return [
        f"{len(facts.annotators)} people gave {answers:,} answers in {len(facts.rounds)} rounds to the question:"
        f" {dataset.title} They chose one of {len(facts.classes)} classes, \"not one of these\" or \"unsure\". Answers"
        " on gold pictures, by which people are measured and which are not released, are not counted.",
        f"Instructions: {' '.join(dataset.instructions.split())}",
        f"A label is the consensus of its votes (labels.consensus: {facts.params.labels.consensus}); a picture on"
        " which everybody was unsure, or that fits no class, is not released.",
    ]  # fmt: skip


def round_said(row: Mapping[str, Any]) -> str:
    alpha = "undefined" if row["alpha"] is None else f"{row['alpha']:.2f}"
    return (
        f"Round {row['round']}: {pictures(row['pictures'])}, {row['votes']:,} votes, {row['abstained']:,} unsure,"
        f" {row['people']} people, Krippendorff's alpha {alpha}."
    )


def votes_per_picture(facts: ReleaseFacts) -> str:
    human = facts.rows.filter(label_source="human")["n_votes"].drop_nulls()
    if human.is_empty():
        return ""
    counts = human.value_counts().sort("n_votes")
    said = ", ".join(f"{votes}: {number:,}" for votes, number in counts.iter_rows())
    return f"Pictures by number of votes: {said}. Labels of a model or a source have none."


def automatic(facts: ReleaseFacts) -> list[str]:
    """What labelled `silver`; nothing where there is none."""
    found = facts.automatic
    if "silver" not in facts.splits:
        return []
    measured = f"{100 * found['precision']:.1f} %"
    hidden = found.get("hidden")
    tested = f"; {100 * found['tested']:.1f} % was tested, as one answer may confirm a wrong label" if hidden else ""
    interval = f"{100 * found['low']:.1f} % to {100 * found['high']:.1f} %"
    return [
        f"Model {facts.model_id}, trained on train: {facts.splits['silver']:,} labels of silver. Promised: at least"
        f" {100 * found['promised']:.1f} % right; measured {measured} on {found['above']:,} audited pictures"
        f" (95 % interval {interval}){tested}."
    ]


def agrees(facts: ReleaseFacts) -> str | None:
    """How often the last model agrees with people; None where that was not measured."""
    found = facts.evaluation
    if found is None:
        return None
    return (
        f"A model trained on train ({facts.model_id}) agrees with people on {100 * found['accuracy']:.1f} % of"
        f" {int(found['n']):,} evaluation pictures (95 % interval {100 * found['low']:.1f} % to"
        f" {100 * found['high']:.1f} %)."
    )


def uses(facts: ReleaseFacts) -> list[str]:
    wanted = {
        "train": "training",
        "test": "testing; never train on it",
        "imported": "training where some wrong labels are tolerable",
        "silver": "training where some wrong labels are tolerable",
    }
    return [f"{name}: {wanted[name]} ({pictures(count)})." for name, count in facts.splits.items()]


def biases(facts: ReleaseFacts) -> list[str]:
    said = []
    for split in facts.splits:
        labels = facts.rows.filter(split=split)["label"]
        counts = dict(labels.value_counts().iter_rows())
        said.append(f"Pictures of {split} by class: {', '.join(f'{c} {counts.get(c, 0):,}' for c in facts.classes)}.")
    return [*said, f"Pictures by source: {counted(facts.counts('source'))}."]


def persons(facts: ReleaseFacts) -> list[str]:
    """What detectors and sources say of people in the pictures."""
    found = facts.rows["personal"].drop_nulls()
    kinds = found.str.split(" ").explode().str.split(":").list.first()
    counts = value_counts(kinds)
    detected = (
        f"Detectors found persons in {found.len():,} of {pictures(facts.rows.height)} ({counted(counts)})."
        if found.len()
        else "No detector's finding of a person is on record for any of them; that is no proof of absence."
    )
    covered = f" The faces found in {facts.blurred:,} of them are blurred." if facts.blurred else ""
    consent = facts.rows["consent"].drop_nulls()
    return [
        detected + covered,
        f"A reference to consent is on record for {consent.len():,} of {pictures(facts.rows.height)}.",
    ]


def versions(facts: ReleaseFacts) -> str:
    line = facts.version
    return (
        f"This is version {line['version']} of {line['at'][:10]}, digest {line['digest']}. Every change of pictures,"
        f" splits or labels makes a new version; withdrawn so far and in none that is made now:"
        f" {pictures(facts.withdrawn)}. To have a picture taken out, name its image_id or its url."
    )
