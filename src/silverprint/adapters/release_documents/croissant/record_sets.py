"""Record sets of a release: its pictures with every column, and the splits, classes and annotators they refer to."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from silverprint.adapters.release_documents.croissant import provenance
from silverprint.core.reporting.release_facts import ReleaseFacts

FILES: Final = "parquet-files"  # the file set that the pictures are read from

_SPLITS: Final = {
    "train": "cr:TrainingSplit",
    "test": "cr:TestSplit",
    "imported": "cr:TrainingSplit",
    "silver": "cr:TrainingSplit",
}
_TYPES: Final = {pl.String(): "sc:Text", pl.Int64(): "sc:Integer", pl.Float64(): "sc:Float"}
_OF_A_FILE: Final = r"^(?:.*/)?([a-z]+)(?:-[^/]*)?$"  # also of the name alone: a reader may apply it twice

# What each column says, for people who see the file alone.
MEANINGS: Final = {
    "image_id": "SHA-256 of the picture's bytes as fetched: its name; of an augmented copy its parent's with a number.",
    "label_source": "human: the consensus of people; imported: a source's own; auto: a model's.",
    "confidence": "How sure the label is, 0 to 1.",
    "distribution": "JSON object, class -> share of the votes, or the model's probability.",
    "n_votes": "Votes that did not abstain.",
    "agreement": "Share of pairs of votes that agree, 0 to 1; null below two votes.",
    "role": "Why people were asked about it: evaluation and audit at random, for measuring; train; control.",
    "round": "The round that asked about it first: no model of it or of a later round was trained on an"
    " evaluation or audit picture; of an automatic label, the round of the model.",
    "weight": "Of an evaluation picture: for how many of the pool it stands, up to a factor; weigh means by it.",
    "parent": "Of an augmented copy, the picture that it was made of: it is no picture of its own; else null.",
    "license": "SPDX identifier or address of the picture's own licence.",
    "license_evidence": "Where the licence was found.",
    "url": "The picture's address; of a drop or folder, its name there.",
    "page_url": "The page that showed it.",
    "source": "The source it was acquired from.",
    "fetched_at": "When it was fetched, UTC.",
    "caption": "The source's own description of it.",
    "robots": "What robots.txt said when it was fetched: allowed, none (there was none), n/a (not from the web).",
    "reservation": "What its site and the picture say of training; none: nothing; null: nobody looked.",
    "contract": "The contract under which it was given.",
    "consent": "Where the consent of the people shown is kept.",
    "annotators": "Pseudonyms of those whose votes count; the source of an imported label; null for an automatic one.",
    "votes": "JSON object, pseudonym -> what that person said.",
}


def record_sets(facts: ReleaseFacts, columns: Mapping[str, pl.DataType]) -> list[dict[str, Any]]:
    """`recordSet` of the dataset.

    Args:
        columns: those of a row in the Parquet files, beside the image: adapters.exporters.columns.COLUMNS.
    """
    found = [_splits(facts), _classes(facts), _images(facts, columns)]
    return [*found, _annotators(facts)] if facts.annotators else found


def _splits(facts: ReleaseFacts) -> dict[str, Any]:
    data = [{"splits/name": name, "splits/url": _SPLITS[name]} for name in facts.splits]
    fields = [_field("splits/name", "sc:Text", "Name of the split."), _field("splits/url", "sc:URL", "What it is for.")]
    return _set("splits", "Splits of the release.", fields, dataType="cr:Split", key={"@id": "splits/name"}, data=data)


def _classes(facts: ReleaseFacts) -> dict[str, Any]:
    data = [{"classes/number": number, "classes/name": name} for number, name in enumerate(facts.classes)]
    fields = [
        _field("classes/number", "sc:Integer", "The class's number, for good."),
        _field("classes/name", "sc:Text", "Its name, as people saw it."),
    ]
    key = {"@id": "classes/number"}
    return _set("classes", "Classes, by number.", fields, dataType="sc:Enumeration", key=key, data=data)


def _annotators(facts: ReleaseFacts) -> dict[str, Any]:
    """Pseudonymous agents with the question that they answered, and how often."""
    names = {"id": "sc:Text", "agent": "sc:URL", "question": "sc:Text", "answers": "sc:Integer",
             "pictures": "sc:Integer", "rounds": "sc:Text"}  # fmt: skip
    told = {
        "id": "Pseudonym, as in the pictures' `annotators` and `votes`.",
        "agent": "The person in the provenance.",
        "question": "The question that this person answered.",
        "answers": "Answers that stand, abstentions too.",
        "pictures": "Pictures that this person answered about, in the release or not.",
        "rounds": "Rounds of the answers, with a blank between.",
    }
    data = [
        {
            "annotators/id": one["annotator"],
            "annotators/agent": provenance.person(one["annotator"]),
            "annotators/question": facts.params.dataset.title,
            "annotators/answers": one["answers"],
            "annotators/pictures": one["pictures"],
            "annotators/rounds": " ".join(one["rounds"]),
        }
        for one in facts.annotators
    ]
    fields = [_field(f"annotators/{name}", kind, told[name]) for name, kind in names.items()]
    key = {"@id": "annotators/id"}
    text = "The people who answered, under pseudonyms."
    return _set("annotators", text, fields, dataType="prov:Person", key=key, data=data)


def _images(facts: ReleaseFacts, columns: Mapping[str, pl.DataType]) -> dict[str, Any]:
    image = _field("images/image", "sc:ImageObject", "The picture.", _column("image", {"jsonPath": "bytes"}))
    label = _field("images/label", ["sc:Integer", "cr:Label"], "Number of the picture's class.", _column("label"))
    label["references"] = {"field": {"@id": "classes/number"}}
    if facts.annotators:
        label["annotation"] = _said_by()
    path = {"fileSet": {"@id": FILES}, "extract": {"fileProperty": "fullpath"}, "transform": {"regex": _OF_A_FILE}}
    split = _field("images/split", "sc:Text", "The picture's split.", path)
    split["references"] = {"field": {"@id": "splits/name"}}
    others = [
        _field(f"images/{name}", _TYPES[dtype], MEANINGS[name], _column(name))
        for name, dtype in columns.items()
        if name != "label"
    ]
    copies = f", and for each of {facts.copies:,} augmented copies in train" if facts.copies else ""
    text = f"One record for each picture of the release{copies}."
    return _set("images", text, [image, label, split, *others], key={"@id": "images/image_id"})


def _said_by() -> dict[str, Any]:
    field = _field("images/label/annotators", "prov:Person", "The people whose votes make the label.")
    pseudonyms = _field(
        "images/label/annotators/id", "sc:Text", "Pseudonyms.", _column("annotators", {"separator": " "})
    )
    pseudonyms |= {"isArray": True, "arrayShape": "-1", "references": {"field": {"@id": "annotators/id"}}}
    return field | {"equivalentProperty": "prov:wasAttributedTo", "subField": [pseudonyms]}


def _set(name: str, text: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": text, **more, "field": fields}


def _field(name: str, kind: str | list[str], text: str, source: dict[str, Any] | None = None) -> dict[str, Any]:
    field = {"@type": "cr:Field", "@id": name, "name": name, "description": text, "dataType": kind}
    return field if source is None else {**field, "source": source}


def _column(name: str, transform: dict[str, str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"fileSet": {"@id": FILES}, "extract": {"column": name}}
    return found if transform is None else {**found, "transform": transform}
