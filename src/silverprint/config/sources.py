"""Kinds of sources: the knobs of each, what reads it, and how `silverprint source add` is told of one.

A new kind has its knobs and a line of SOURCE_KINDS here, a reader among the adapters, and an option of `source add`
in the table of commands.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, get_args

from pydantic import Field

from silverprint.config.field_types import (
    Address,
    Bytes,
    CookieName,
    CookieValue,
    Count,
    DropPath,
    Encoding,
    HeaderName,
    HeaderValue,
    HostAndPort,
    ImageCount,
    Line,
    Name,
    OpenShare,
    Shown,
    Spider,
    frozen,
)

# What may forbid training: docs/reservations.md
Signal: TypeAlias = Literal["noml", "content-usage", "content-signal", "tdmrep", "ai-txt", "data-mining", "c2pa"]
SIGNALS: Final[tuple[Signal, ...]] = get_args(Signal)
PictureSignal: TypeAlias = Literal["data-mining", "c2pa"]  # those inside a picture
PICTURE_SIGNALS: Final[tuple[PictureSignal, ...]] = get_args(PictureSignal)

Language: TypeAlias = Literal["en", "de", "zh"]  # languages of the pages that contributors see
Translated: TypeAlias = Annotated[dict[Language, Shown], Field(min_length=1)]  # one text in each of a theme's languages

DEFAULT_AGENT: Final = "silverprint/0.1 (dataset crawler; set sources.<name>.user_agent to your contact)"


@frozen
class WebSource:
    """A crawl by Scrapy."""

    kind: Literal["web"]
    start: Annotated[tuple[Address, ...], Field(min_length=1)]  # first listing pages
    next: str | None = None  # CSS selector of the link to the next listing page, if there are more
    page: str | None = None  # CSS selector of links to picture pages; None: the pictures are on the listing pages
    picture: str | None = None  # CSS selector of the picture on its page; not needed with a spider
    label: str | None = None  # CSS selector of the label on the picture's page; ends with ::attr(name) for an attribute
    listing_label: str | None = None  # CSS selector of the label on the listing page, where the picture's page has none
    spider: Spider | None = None  # module:Class, for sites that selectors cannot describe; docs/crawls.md
    revision: Count = 1  # raise it to crawl again
    allow_private: tuple[HostAndPort, ...] = ()  # host:port, the only private addresses that may be fetched
    max_bytes: Bytes = 20_000_000  # the largest response
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    user_agent: Line = DEFAULT_AGENT
    max_pages: Annotated[int, Field(ge=1, le=100_000_000)] = 100_000  # pages that one crawl requests, listings included
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)  # extra headers for the hosts of `start` only
    cookies: dict[CookieName, CookieValue] = Field(default_factory=dict)  # cookies, sent to the hosts of `start` only
    respect: tuple[Signal, ...] = SIGNALS  # signals against training that are obeyed; docs/reservations.md


@frozen
class UrlSource:
    """A list of pictures' addresses: a .csv, .parquet or .jsonl file; docs/lists.md says what it holds."""

    kind: Literal["urls"]
    path: Line
    license: str | None = None  # licence of pictures for which the list names none
    revision: Count = 1
    allow_private: tuple[HostAndPort, ...] = ()  # host:port, the only private addresses that may be fetched
    per_host: Annotated[int, Field(ge=1, le=256)] = 2  # concurrent requests to one host
    max_bytes: Bytes = 20_000_000  # the largest response
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    user_agent: Line = DEFAULT_AGENT
    respect: tuple[Signal, ...] = SIGNALS


@frozen
class ArchiveSource:
    """A partner's drop: a folder, a zip or a tar, here or on S3, with an optional manifest."""

    kind: Literal["archive"]
    path: DropPath  # a path, or s3://bucket/prefix, s3://bucket/drop.zip
    license: str | None = None  # licence of pictures for which the manifest names none; the next two likewise
    contract: Line | None = None
    consent: Line | None = None
    names: Encoding = "auto"  # encoding of the entries' names, where the archive does not declare it
    revision: Count = 1
    max_bytes: Bytes = 20_000_000
    respect: tuple[PictureSignal, ...] = PICTURE_SIGNALS


@frozen
class FolderSource:
    """Pictures of one's own, read where they lie; the folders may be named after classes, as ImageFolder has it."""

    kind: Literal["folder"]
    path: Line
    labels: Literal["folders", "none"] = "folders"  # folders: the name of a picture's folder is its label
    license: str | None = None
    contract: Line | None = None
    consent: Line | None = None
    revision: Count = 1
    max_bytes: Bytes = 20_000_000
    respect: tuple[PictureSignal, ...] = PICTURE_SIGNALS


@frozen
class Example:
    """A picture that would be welcome, or would not be."""

    text: Translated
    picture: Line | None = None  # a file; contributors are shown a small copy of it


@frozen
class Theme:
    """What contributors are asked for, and what they agree to."""

    title: Translated
    instructions: Translated
    license: str  # the licence that they grant
    license_words: Translated  # the sentence by which they grant it
    consent: Translated  # what else they agree to: who may be seen, what becomes of the pictures
    wanted: ImageCount  # pictures in all
    per_person: ImageCount = 50
    good: tuple[Example, ...] = ()
    bad: tuple[Example, ...] = ()
    label: Line | None = None  # what its pictures are said to show


@frozen
class ReviewLimits:
    """Limits by which `silverprint contribute review` proposes; one that is surely broken proposes to reject."""

    most_rejected: OpenShare = 0.5  # share of a contributor's pictures that `clean` rejects
    most_copied: OpenShare = 0.1  # share that look like another source's pictures, or like others' earlier ones
    least_agreement: OpenShare = 0.5  # share of those that people labelled which are of the theme's class


@frozen
class CrowdSource:
    """Pictures that people give by the pages of `silverprint contribute`."""

    kind: Literal["crowd"]
    themes: dict[Name, Theme]
    review: ReviewLimits = ReviewLimits()
    revision: Count = 1
    max_bytes: Bytes = 20_000_000
    respect: tuple[PictureSignal, ...] = PICTURE_SIGNALS


Source: TypeAlias = Annotated[
    WebSource | UrlSource | ArchiveSource | FolderSource | CrowdSource, Field(discriminator="kind")
]


class SourceKind(NamedTuple):
    """A kind of source.

    Attributes:
        settings: its section in params.yaml.
        reader: `module:function` below silverprint, called with the source's name, its settings, its intake, and what
            is known of versions that were read to their end; may return what is to be done once all is on the disk.
        goes_out: whether it asks other machines, so that a run which was cut short is to be gone on with.
        may_be_empty: whether there may be nothing yet without a mistake.
        place: what `source add` names: a folder, a file, or either; None where it cannot add one.
    """

    settings: type[Any]
    reader: str
    goes_out: bool = False
    may_be_empty: bool = False
    place: Literal["folder", "file", "folder or file"] | None = None

    def is_there(self, place: Path) -> bool:
        """Whether what `source add` names is there."""
        return {"folder": place.is_dir, "file": place.is_file}.get(self.place or "", place.exists)()


SOURCE_KINDS: Final = {
    "web": SourceKind(WebSource, "adapters.crawl.run:crawl", goes_out=True),
    "urls": SourceKind(UrlSource, "adapters.urls.run:fetch", goes_out=True, place="file"),
    "archive": SourceKind(ArchiveSource, "adapters.archive.read:unpack", place="folder or file"),
    "folder": SourceKind(FolderSource, "adapters.archive.read:read_folder", place="folder"),
    "crowd": SourceKind(CrowdSource, "adapters.contribute.take_in:take_in", may_be_empty=True),
}
