"""Datasheet of a release: Gebru et al. 2021, "Datasheets for Datasets" (CACM 64:12), its seven sections.

The questions are the paper's in shorter words. What only a person knows is left open, never guessed.
"""

from typing import Any

from silverprint.adapters.release_documents import sentences
from silverprint.adapters.release_documents.sheet import Item, Section, Sheet, table
from silverprint.core.reporting.release_facts import ReleaseFacts


def sheet(facts: ReleaseFacts) -> Sheet:
    name, version = facts.params.dataset.name, facts.version
    about = (
        f"Version {version['version']} of {version['at'][:10]}, by the questions of Gebru et al. 2021, *Datasheets for"
        " Datasets*. Every number is counted from the campaign's tables."
    )
    sections = (
        Section("Motivation", _motivation()),
        Section("Composition", _composition(facts)),
        Section("Collection process", _collection(facts)),
        Section("Preprocessing, cleaning, labelling", _processing(facts)),
        Section("Uses", _uses(facts)),
        Section("Distribution", _distribution(facts)),
        Section("Maintenance", _maintenance(facts)),
    )
    return Sheet(f"Datasheet of {name}", about, sections)


def _motivation() -> tuple[Item, ...]:
    return (
        Item("purpose", "For what purpose was the dataset made? Which task or gap was it meant for?", open=True),
        Item("creator", "Who made it, and on behalf of whom?", open=True),
        Item("funding", "Who paid for it?", open=True),
    )


def _composition(facts: ReleaseFacts) -> tuple[Item, ...]:
    splits = list(facts.splits)
    by_class = {
        name: {split: facts.rows.filter(split=split, label=name).height for split in splits} for name in facts.classes
    }
    rows = [(name, *counts.values()) for name, counts in by_class.items()]
    total = f"{sentences.pictures(facts.rows.height)}: {sentences.counted(facts.splits)}.{sentences.copied(facts)}"
    return (
        Item("instances", "What is an instance?", f"A picture with one of {len(facts.classes)} classes."),
        Item("counts", "How many instances are there, of each kind?",
             f"{total}\n\n{table(['class', *splits], rows)}", figures={"splits": facts.splits, "classes": by_class}),
        Item("sample", "Is it all instances, or a sample of a larger set?", _sample(facts), open=True,
             figures={"acquired": facts.manifest.height, "kept": int(facts.manifest["kept"].sum())}),
        Item("data", "What does each instance hold?",
             "The picture as fetched, without metadata that could identify a person or a place, and the columns that"
             " croissant.json explains."),
        Item("label", "Is there a label?",
             "Yes, a class: of train and test the consensus of people's votes, of imported a source's own, of silver"
             " a model's."),
        Item("missing", "Is anything missing from single instances?", sentences.missing(facts)),
        Item("relations", "Are relations between instances explicit?",
             "No. Of near-duplicates and look-alikes, as cleaning groups them, none are both in test and elsewhere."),
        Item("splits", "Are there recommended splits?", _listed(sentences.uses(facts))),
        Item("errors", "Are there errors, noise or redundancies?", _errors(facts)),
        Item("external", "Does it rely on anything outside it?",
             "No: the pictures are in it. Their addresses are named, and may change or vanish."),
        Item("confidential", "Does it hold anything confidential?", open=True),
        Item("offensive", "Does it hold anything that may offend, insult, threaten or cause anxiety?", open=True),
        Item("persons", "Are there people in it, and can they be identified?", _listed(sentences.persons(facts)),
             open=True),
        Item("subpopulations", "Does it identify groups of people, as by age or gender?", open=True),
        Item("sensitive", "Does it hold data that is sensitive in any way?", open=True),
    )  # fmt: skip


def _sample(facts: ReleaseFacts) -> str:
    apart = ", ".join(facts.params.release.test_sources)
    test = f"test is drawn at random but for the whole of {apart}" if apart else "test is drawn at random"
    return (
        f"A sample: {facts.rows.height:,} of the {int(facts.manifest['kept'].sum()):,} pictures that cleaning kept, of"
        f" {facts.manifest.height:,} acquired. {test}, train is chosen where it teaches most. What"
        " larger set the sources stand for is not in the tables."
    )


def _errors(facts: ReleaseFacts) -> str:
    said = [sentences.agrees(facts), *sentences.automatic(facts)]
    return _listed([*(text for text in said if text), *sentences.limits(facts)])


def _collection(facts: ReleaseFacts) -> tuple[Item, ...]:
    contracts, consents = facts.counts("contract"), facts.counts("consent")
    period = facts.period
    return (
        Item("acquisition", "How was the data of each instance acquired?",
             _acquired(facts), figures=_sources(facts)),
        Item("mechanisms", "By which mechanisms, and how were they checked?", _mechanisms(facts)),
        Item("sampling", "If it is a sample, how was it drawn?", _listed(sentences.LIMITS[1:2])),
        Item("collectors", "Who took part in collecting, and how were they paid?",
             f"{len(facts.annotators)} people labelled, under pseudonyms.", open=True,
             figures={"annotators": facts.annotators}),
        Item("timeframe", "Over what time was it collected?",
             f"{period[0]} to {period[1]} (pictures); {_labelled(facts)}" if period else None, open=period is None),
        Item("ethics", "Was there an ethical review?", open=True),
        Item("notified", "Were the people concerned told, and did they consent?",
             f"Pictures with a reference to consent, by reference: {sentences.counted(consents)}. Under a contract:"
             f" {sentences.counted(contracts)}.", open=True, figures={"consent": consents, "contract": contracts}),
        Item("revoke", "Can consent be taken back?", _taken_out(facts)),
        Item("impact", "Was the impact on the people concerned assessed?", open=True),
    )  # fmt: skip


def _acquired(facts: ReleaseFacts) -> str:
    sources = [sentences.acquired(source, f"Released: {source.released:,}") for source in facts.sources]
    return (
        f"{_listed(sources)}\n\nStored are addresses and files: a picture that several of them brought is stored for"
        f" each, and is one of the {facts.manifest.height:,} acquired pictures, of one source."
    )


def _mechanisms(facts: ReleaseFacts) -> str:
    obeyed = [sentences.obeyed(source) for source in facts.sources]
    agents = [
        f"User agent of the crawl, as set now, of {', '.join(names)}: {agent}."
        for agent, names in sentences.crawlers(facts).items()
    ]
    return _listed([f"Software: {facts.tool}.", *agents, *obeyed])


def _labelled(facts: ReleaseFacts) -> str:
    times = [row[end] for row in facts.rounds for end in ("first", "last") if row[end]]
    return f"{min(times)} to {max(times)} (answers)." if times else "no answers."


def _sources(facts: ReleaseFacts) -> list[dict[str, Any]]:
    return [
        {
            "source": source.name, "kind": source.settings.kind, "first": source.first, "last": source.last,
            **source.outcomes, "refusals": source.refusals, "robots": source.robots,
            "reservations": source.reservations, "released": source.released,
        }
        for source in facts.sources
    ]  # fmt: skip


def _processing(facts: ReleaseFacts) -> tuple[Item, ...]:
    labelling = [*sentences.annotated(facts), *map(sentences.round_said, facts.rounds)]
    return (
        Item("cleaning", "What was preprocessed, cleaned, labelled?",
             _listed([*sentences.cleaned(facts), *labelling, sentences.votes_per_picture(facts)]),
             figures={"rounds": facts.rounds}),
        Item("raw", "Was the raw data kept, too?",
             "Yes, by the campaign, but for what was purged: pictures, answers, reasons. It is not in the release."),
        Item("software", "Is the software available?", f"{facts.tool}."),
    )  # fmt: skip


def _uses(facts: ReleaseFacts) -> tuple[Item, ...]:
    agreement = sentences.agrees(facts)
    return (
        Item("used", "What was it used for already?", agreement, open=True),
        Item("papers", "Which papers or systems use it?", open=True),
        Item("other-uses", "What else could it be used for?", open=True),
        Item("composition-impact", "Does anything in its making limit later uses?",
             _listed([*sentences.limits(facts), *sentences.biases(facts)]), open=True),
        Item("not-for", "What should it not be used for?", open=True),
    )  # fmt: skip


def _distribution(facts: ReleaseFacts) -> tuple[Item, ...]:
    licenses = [(name or "unknown", count) for name, count in _licenses(facts).items()]
    formats = ", ".join(facts.params.release.formats)
    return (
        Item("third-parties", "Is it given to others?", open=True),
        Item("url", "How and where is it distributed? (one address)", f"As {formats}.", open=True),
        Item("when", "Since when?", f"This version: {facts.version['at']}."),
        Item("licenses", "Under which licences or terms?",
             f"Each picture keeps its own.\n\n{table(['licence', 'pictures'], licenses)}",
             figures={"licenses": dict(licenses)}),
        Item("terms", "Do third parties hold rights in it, or set terms?",
             f"Under a contract: {sentences.counted(facts.counts('contract'))}.", open=True),
        Item("export", "Do export controls or other rules apply?", open=True),
    )  # fmt: skip


def _licenses(facts: ReleaseFacts) -> dict[str, int]:
    unknown = facts.rows["license"].null_count()
    return facts.counts("license") | ({"": unknown} if unknown else {})


def _maintenance(facts: ReleaseFacts) -> tuple[Item, ...]:
    return (
        Item("maintainer", "Who maintains it?", open=True),
        Item("contact", "How can they be reached?", open=True),
        Item("erratum", "Is there an erratum?", _changes(facts)),
        Item("updates", "Will it be updated, how often, by whom?", sentences.versions(facts), open=True),
        Item("retention", "Are there limits on how long data about people is kept?", open=True),
        Item("old-versions", "Will older versions be kept?",
             "The campaign keeps which pictures and labels each version held, and compares any two."),
        Item("contributions", "How can others extend it or contribute?", open=True),
        Item("citation", "How is it to be cited?", open=True),
    )  # fmt: skip


def _changes(facts: ReleaseFacts) -> str:
    line = facts.version
    if line["version"] == 1:
        return "This is the first version."
    counts = {kind: int(line[kind]) for kind in ("added", "removed", "relabelled", "moved")}
    counts |= {"renamed": int(line["renamed"])} if line["renamed"] else {}
    return f"Since version {line['version'] - 1}: {sentences.counted(counts)}."


def _taken_out(facts: ReleaseFacts) -> str:
    return f"A picture is taken out by its image_id or its url; withdrawn so far: {facts.withdrawn:,}."


def _listed(texts: list[str]) -> str:
    return "\n".join(f"- {text}" for text in texts if text)
