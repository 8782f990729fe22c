"""Summary of training content, for providers of models that are trained on a release.

Regulation (EU) 2024/1689 (AI Act), Article 53(1)(d), by the sections of the AI Office's template of 24 July 2025. It is
about a model, and a release is one of the things that a model is trained on: what concerns the model and its provider
is open. Whether the article binds somebody is not decided here.
"""

from dataclasses import replace
from typing import Final

import polars as pl

from silverprint.adapters.release_documents import sentences
from silverprint.adapters.release_documents.sheet import Item, Section, Sheet, table
from silverprint.config.sources import WebSource
from silverprint.core.reporting.release_facts import ReleaseFacts, SourceFacts, value_counts

SHOWN: Final = 1000  # domains in the table; the figures have all that the template asks for

_SIZES: Final = (
    (1_000_000, "Less than 1 million images"),
    (1_000_000_000, "1 million to 1 billion images"),
)


def sheet(facts: ReleaseFacts) -> Sheet:
    training, rest = facts.training.height, facts.rows.height - facts.training.height
    about = (
        "Contribution of this dataset to the public summary of training content that Article 53(1)(d) of Regulation"
        " (EU) 2024/1689 asks of providers of general-purpose AI models, by the sections of the AI Office's template"
        f" of 24 July 2025. Counted are {sentences.pictures(training)} of train, imported and silver; {rest:,} of"
        f" test are for measuring, not for training. Version {facts.version['version']} of the dataset,"
        f" {facts.version['at'][:10]}."
    )
    sections = (
        Section("1. General information", ()),
        Section("1.1. Provider identification", _provider(), 3),
        Section("1.2. Model identification", _model(), 3),
        Section("1.3. Modalities, overall training data size and other characteristics", _size(facts), 3),
        Section("2. List of data sources", ()),
        Section("2.1. Publicly available datasets", _public(facts), 3),
        Section("2.2. Private non-publicly available datasets obtained from third parties", _private(facts), 3),
        Section("2.3. Data crawled and scraped from online sources", _crawled(facts), 3),
        Section("2.4. User data", _user_data(), 3),
        Section("2.5. Synthetic data", _synthetic(facts), 3),
        Section("2.6. Other sources of data", _other(facts), 3),
        Section("3. Data processing aspects", ()),
        Section("3.1. Respect of reservation of rights from text and data mining", _reserved(facts), 3),
        Section("3.2. Removal of illegal content", _illegal(facts), 3),
        Section("3.3. Other information", _further(facts), 3),
    )
    return Sheet(f"Summary of training content: {facts.params.dataset.name}", about, sections)


def _provider() -> tuple[Item, ...]:
    return (
        Item("provider", "Provider name and contact details", open=True),
        Item("representative", "Authorised representative name and contact details", open=True),
    )


def _model() -> tuple[Item, ...]:
    return (
        Item("model-names", "Versioned model name(s)", open=True),
        Item("model-dependencies", "Model dependencies", open=True),
        Item("market-date", "Date of placement of the model on the Union market", open=True),
    )


def _size(facts: ReleaseFacts) -> tuple[Item, ...]:
    count = facts.training.height
    size = next((text for limit, text in _SIZES if count < limit), "More than 1 billion images")
    counts = {name: facts.training.filter(label=name).height for name in facts.classes}
    latest = max(facts.training["fetched_at"].drop_nulls().to_list(), default=None)
    return (
        Item("modalities", "Modality, training data size, types of content",
             f"Image: {size} ({count:,}). Content: pictures labelled by the question \"{facts.params.dataset.title}\":"
             f" {sentences.counted(counts)}.", figures={"images": count, "range": size, "classes": counts}),
        Item("latest", "Latest date of data acquisition",
             f"{_month(latest)} (a picture fetched {latest})." if latest else None, open=latest is None,
             figures={"latest": latest}),
        Item("languages", "Linguistic characteristics of the training data",
             "No text modality; writing inside pictures and captions was not examined.", open=True),
        Item("characteristics", "Other relevant characteristics of the training data",
             "\n".join(f"- {text}" for text in sentences.LIMITS[1:]), open=True),
    )  # fmt: skip


def _public(facts: ReleaseFacts) -> tuple[Item, ...]:
    return (
        Item("public-datasets", "Were publicly available datasets used? Which?",
             _given(facts, "Tables do not say whether a drop or folder is one:"), open=True),
    )  # fmt: skip


def _private(facts: ReleaseFacts) -> tuple[Item, ...]:
    contracted = [source for source in _gifts(facts) if source.contracts]
    said = "\n".join(f"- {source.name}: contracts {sentences.counted(source.contracts)}" for source in contracted)
    return (
        Item("licensed-datasets",
             "2.2.1. Were licensing agreements concluded with rightsholders or their representatives?",
             f"Contracts on record, with pictures for training:\n\n{said}" if said else "No contract is on record.",
             open=True, figures={source.name: source.contracts for source in contracted}),
        Item("private-datasets", "2.2.2. Were private datasets obtained from other third parties?",
             _given(facts, "Tables do not say whether a drop or folder is one:"), open=True),
    )  # fmt: skip


def _crawled(facts: ReleaseFacts) -> tuple[Item, ...]:
    fetched = [source for source in facts.sources if source.fetched and source.outcomes]
    if not fetched:
        return (Item("crawlers", "Were crawlers used?", "No: nothing of this campaign was fetched from the web."),)
    agents = sentences.crawlers(facts)
    listed = "\n".join(f"- {agent} ({', '.join(names)})" for agent, names in agents.items())
    ends = [(source.first, source.last) for source in fetched if source.first and source.last]
    used = facts.training.filter(pl.col("source").is_in([source.name for source in fetched]))
    behaviour = [
        "robots.txt is asked first and obeyed; there is no code that solves CAPTCHAs.",
        f"Sources whose requests carry headers or cookies of the campaign: {_with_credentials(fetched) or 'none'}.",
        *(sentences.obeyed(source) for source in fetched),
    ]
    return (
        Item("crawlers", "Were crawlers used by the provider or on its behalf? Crawler name(s)/identifier(s)",
             f"Yes; user agents as set now:\n\n{listed}", figures=agents),
        Item("crawler-purposes", "Purposes of the crawler(s)",
             f"Pictures for an image classification dataset ({facts.params.dataset.title})", open=True),
        Item("crawler-behaviour", "General description of crawler behaviour",
             "\n".join(f"- {text}" for text in behaviour)),
        Item("crawl-period", "Period of data collection",
             f"{_month(min(first for first, _ in ends))} to {_month(max(last for _, last in ends))}" if ends else None,
             open=not ends, figures={source.name: [source.first, source.last] for source in fetched}),
        Item("crawled-content", "Type of content and online sources crawled",
             f"{sentences.pictures(used.height)} for training, of hosts: {facts.domains.height:,}.\n\n"
             + "\n".join(f"- {_acquired(source)}" for source in fetched), open=True),
        Item("crawled-modalities", "Type of modality covered", "Image."),
        _domains(facts),
    )  # fmt: skip


def _acquired(source: SourceFacts) -> str:
    return sentences.acquired(source, f"For training: {source.training:,}")


def _with_credentials(fetched: list[SourceFacts]) -> str:
    own = ((source.name, source.settings) for source in fetched)
    return ", ".join(name for name, site in own if isinstance(site, WebSource) and (site.headers or site.cookies))


def _domains(facts: ReleaseFacts) -> Item:
    """The template wants the top 10 % of the domains by the size of what was taken; of small companies the top 5 % or
    1,000, whichever is lower.
    """
    total = facts.domains.height
    tenth = -(-total // 10)
    top = facts.domains.head(tenth)
    rows = list(top.head(SHOWN).iter_rows())
    cut = f" The first {SHOWN:,} are shown; the JSON file has all." if tenth > SHOWN else ""
    return Item(
        "domains",
        "Summary of the most relevant domain names crawled (top 10 % by size of the content)",
        f"{tenth:,} of {total:,}, counted by host, by bytes of the pictures for training.{cut}\n\n"
        + table(["host", "pictures", "bytes"], rows),
        figures={"domains": total, "top": top.to_dicts()},
    )


def _user_data() -> tuple[Item, ...]:
    return (
        Item("model-interactions", "Was data from user interactions with the model used?", open=True),
        Item(
            "service-interactions", "Was data from user interactions with other services or products used?", open=True
        ),
    )


def _synthetic(facts: ReleaseFacts) -> tuple[Item, ...]:
    labels = sentences.automatic(facts)
    said = " ".join(labels) if labels else "No label of this release is a model's."
    return (
        Item("synthetic", "Was synthetic AI-generated data created to train the model?",
             f"The pipeline makes no pictures. {said} Whether acquired pictures were made by a model is not known.",
             open=True, figures={"automatic_labels": facts.splits.get("silver", 0)}),
    )  # fmt: skip


def _other(facts: ReleaseFacts) -> tuple[Item, ...]:
    return (
        Item("other-sources", "Were other data sources used?",
             _given(facts, "Drops and folders, where they are none of the above:"), open=True),
    )  # fmt: skip


def _reserved(facts: ReleaseFacts) -> tuple[Item, ...]:
    kept_out = facts.manifest.filter(reason="reserved").height
    said = [
        *(sentences.obeyed(source) for source in facts.sources),
        f"Pictures that were reserved after they were fetched and are rejected since: {kept_out:,}.",
    ]
    figures = {
        source.name: {"respect": list(source.settings.respect), "refusals": source.refusals,
                      "reservations": source.reservations,
                      "robots": value_counts(facts.training.filter(source=source.name)["robots"])}
        for source in facts.sources
    }  # fmt: skip
    return (
        Item("code-of-practice", "Signatory to the Code of Practice for general-purpose AI models?", open=True),
        Item("reservation-measures", "Measures to respect reservations of rights, before and during collection",
             "\n".join(f"- {text}" for text in said), figures=figures),
    )  # fmt: skip


def _illegal(facts: ReleaseFacts) -> tuple[Item, ...]:
    return (
        Item("illegal-content", "General description of measures taken",
             f"Withdrawn so far, with copies, and in no version made since: {sentences.pictures(facts.withdrawn)}."
             " The tables tell of no other measure against illegal content.", open=True,
             figures={"withdrawn": facts.withdrawn}),
    )  # fmt: skip


def _further(facts: ReleaseFacts) -> tuple[Item, ...]:
    said = [*sentences.cleaned(facts), *sentences.persons(replace(facts, rows=facts.training))]
    return (
        Item("processing", "Other relevant information about data processing (optional)",
             "\n".join(f"- {text}" for text in said)),
    )  # fmt: skip


def _gifts(facts: ReleaseFacts) -> list[SourceFacts]:
    return [source for source in facts.sources if not source.fetched and source.training]


def _given(facts: ReleaseFacts, before: str) -> str:
    found = _gifts(facts)
    if not found:
        return "No picture for training came from a drop or a folder."
    kinds = "\n".join(
        f"- {source.name} ({sentences.KINDS[source.settings.kind]}): {sentences.pictures(source.training)}"
        for source in found
    )
    return f"{before}\n\n{kinds}"


def _month(time: str) -> str:
    """MM/YYYY of an ISO 8601 time."""
    return f"{time[5:7]}/{time[:4]}"
