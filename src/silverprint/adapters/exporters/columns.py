"""Columns of a released row beside the image: the same in every format that has room for them."""

from typing import Final

from silverprint.records import INT, REAL, TEXT, Schema

# `label` is a class name here; Parquet stores its number, as Hugging Face's ClassLabel does.
COLUMNS: Final[Schema] = {
    "image_id": TEXT,
    "label": TEXT,
    "label_source": TEXT,  # human | auto | imported
    "confidence": REAL,
    "distribution": TEXT,
    "n_votes": INT,
    "agreement": REAL,
    "role": TEXT,
    "round": TEXT,
    "weight": REAL,  # of an evaluation picture: for how many of the pool it stands
    "parent": TEXT,  # of an augmented copy: the image_id of the picture that it was made of
    "license": TEXT,
    "license_evidence": TEXT,
    "url": TEXT,
    "page_url": TEXT,
    "source": TEXT,
    "fetched_at": TEXT,
    "caption": TEXT,
    "robots": TEXT,  # allowed | disallowed | none (no robots.txt) | n/a
    "reservation": TEXT,  # what its site and the picture say of training, as records.RAW has it
    "contract": TEXT,
    "consent": TEXT,
    "annotators": TEXT,  # pseudonyms of the people whose votes count, with a blank between; no source's labels
    "votes": TEXT,  # JSON object, pseudonym -> what that person said
}

TYPE_NAMES: Final = {TEXT: "string", INT: "int64", REAL: "float64"}  # what `datasets` calls them

_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}


def file_name(image_id: str, image_format: str) -> str:
    """`<image_id>.jpg` for format `jpeg`."""
    return f"{image_id}.{extension(image_format)}"


def extension(image_format: str) -> str:
    """`jpg` for format `jpeg`."""
    return _EXTENSIONS.get(image_format, image_format)
