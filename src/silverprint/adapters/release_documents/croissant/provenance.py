"""Provenance of a release in PROV-O: how each source was acquired, who answered when, what labelled the rest."""

from typing import Any

from silverprint.adapters.release_documents import sentences
from silverprint.config.sources import UrlSource, WebSource
from silverprint.core.reporting.release_facts import ReleaseFacts, SourceFacts

_ACTIVITIES = {
    "web": "Crawl of {}",
    "urls": "Download of the list {}",
    "archive": "Reading of the drop {}",
    "folder": "Reading of the folder {}",
    "crowd": "Collection of the contributions {}",
}


def activities(facts: ReleaseFacts) -> list[dict[str, Any]]:
    """`prov:wasGeneratedBy` of the dataset, in the order of the work."""
    found = [_acquired(source, facts.tool) for source in facts.sources]
    found += [_answered(row, facts) for row in facts.rounds if row["votes"] + row["abstained"]]
    return [*found, labelled(facts)] if "silver" in facts.splits else found


def labelled(facts: ReleaseFacts) -> dict[str, Any]:
    """The activity that gave the automatic labels."""
    return {
        "@type": "prov:Activity",
        "@id": "activities/automatic-labels",
        "prov:label": "Automatic labels",
        "prov:wasAssociatedWith": {
            "@type": "prov:SoftwareAgent", "@id": f"agents/model/{facts.model_id}", "prov:label": facts.model_id,
        },
        "additionalProperty": _values({"pictures": facts.splits.get("silver", 0)}),
    }  # fmt: skip


def person(annotator: str) -> str:
    """The identifier of an annotator, a pseudonym."""
    return f"agents/annotator/{annotator}"


def _acquired(source: SourceFacts, tool: str) -> dict[str, Any]:
    settings = source.settings
    agent = sentences.user_agent(settings) if isinstance(settings, WebSource | UrlSource) else tool
    found: dict[str, Any] = {
        "@type": "prov:Activity",
        "@id": f"activities/acquire/{source.name}",
        "prov:label": _ACTIVITIES[settings.kind].format(source.name),
        **_times(source.first, source.last),
        "prov:wasAssociatedWith": {
            "@type": "prov:SoftwareAgent", "@id": f"agents/acquire/{source.name}", "prov:label": agent,
        },
        "additionalProperty": _values(_decisions(source)),
    }  # fmt: skip
    if isinstance(settings, WebSource):
        found["prov:used"] = [{"@type": "prov:Entity", "url": address} for address in settings.start]
    return found


def _decisions(source: SourceFacts) -> dict[str, Any]:
    """What was decided about the source's addresses, and what robots.txt said of the pictures released."""
    found: dict[str, Any] = {name.replace("_", " "): count for name, count in source.outcomes.items()}
    found |= {f"refused: {reason}": count for reason, count in source.refusals.items()}
    found |= {f"said of training: {row['said']}": row["addresses"] for row in source.reservations}
    found["released"] = source.released
    found |= {f"released, robots.txt: {said}": count for said, count in source.robots.items()}
    return found | {"signals against training that are obeyed": ", ".join(source.settings.respect) or "none"}


def _answered(row: dict[str, Any], facts: ReleaseFacts) -> dict[str, Any]:
    people = [one["annotator"] for one in facts.annotators if row["round"] in one["rounds"]]
    dataset = facts.params.dataset
    counts = {name: row[name] for name in ("pictures", "votes", "abstained", "people")}
    alpha = {} if row["alpha"] is None else {"Krippendorff's alpha": round(row["alpha"], 4)}
    return {
        "@type": "prov:Activity",
        "@id": f"activities/annotate/{row['round']}",
        "prov:label": f"Annotation round {row['round']}",
        **_times(row["first"], row["last"]),
        "prov:used": {"@type": ["prov:Entity", "Question"], "text": dataset.title, "description": dataset.instructions},
        "prov:wasAssociatedWith": [
            {"@type": "prov:Person", "@id": person(name), "prov:label": name} for name in people
        ],
        "additionalProperty": _values(counts | alpha),
    }


def _times(first: str | None, last: str | None) -> dict[str, str]:
    return {} if first is None or last is None else {"prov:startedAtTime": first, "prov:endedAtTime": last}


def _values(counts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"@type": "PropertyValue", "name": name, "value": count} for name, count in counts.items()]
