"""Standing of a crowd: who agreed to what, and which pictures are given, folded from the journal's events."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from silverprint.adapters.contribute.journal import Event


@dataclass(frozen=True, slots=True)
class Contributor:
    """A person, of whom nothing is known but a pseudonym.

    Attributes:
        license: the licence that was granted, as the theme named it then.
        agreement: SHA-256 of the words that were agreed to.
        at: when, UTC, ISO 8601.
        device: phone, tablet or desktop.
        quota: pictures that the invite is good for, its other users' included.
    """

    pseudonym: str
    invite: str
    theme: str
    language: str
    license: str
    agreement: str
    at: str
    device: str
    quota: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that arrived.

    Attributes:
        image_id: SHA-256 of its bytes as they were sent.
        stored_sha256: of what is kept of them.
        words: its perceptual hash, four words of 64 bits.
        reservation: what it says of training, as records.RAW has it.
        upload: the name that its sender gave the upload, so that an answer that was lost can be asked for.
    """

    image_id: str
    contributor: str
    format: str
    stored_sha256: str
    words: tuple[int, ...]
    reservation: str | None
    upload: str | None
    at: str


@dataclass(slots=True)
class Standing:
    """
    Attributes:
        contributors: by pseudonym.
        pictures: those that are given, by image_id; taken back is not given.
        people: the same by pseudonym.
        taken_back: image_ids of those that were given once.
        forgotten: pseudonyms whose sessions are over.
        ended: invites by which nobody more begins; a study's name stands for those of all its participants.
        given: pictures of each contributor, theme and invite: (contributor, p), (theme, t), (invite, i).
        uploads: image_id of each (contributor, upload).
    """

    contributors: dict[str, Contributor] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    people: dict[str, dict[str, Picture]] = field(default_factory=lambda: defaultdict(dict))
    taken_back: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    uploads: dict[tuple[str, str], str] = field(default_factory=dict)

    def fold(self, events: Iterable[Event]) -> list[Picture]:
        """Takes events in; returns the pictures that arrived by them."""
        arrived = []
        for event in events:
            facts: dict[str, Any] = {name: value for name, value in event.items() if name != "event"}
            match event["event"]:
                case "agreed":
                    self.contributors[event["pseudonym"]] = Contributor(**facts)
                case "arrived":
                    arrived.append(Picture(**(facts | {"words": tuple(facts["words"])})))
                    self._arrive(arrived[-1])
                case "taken-back":
                    self._take_back(event["image_id"])
                case "forgotten":
                    self.forgotten.add(event["pseudonym"])
                case "ended":
                    self.ended.add(event["invite"])
        return arrived

    def of(self, pseudonym: str) -> list[Picture]:
        """One person's pictures, older ones first."""
        return list(self.people[pseudonym].values()) if pseudonym in self.people else []

    def is_ended(self, invite: str) -> bool:
        """Whether nobody more begins by an invite, by its key; a participant's is `<study>.<digits>`."""
        return bool({invite, invite.rpartition(".")[0]} & self.ended)

    def _arrive(self, picture: Picture) -> None:
        self.pictures[picture.image_id] = picture
        self.people[picture.contributor][picture.image_id] = picture
        self.taken_back.discard(picture.image_id)
        self._count(picture, 1)
        if picture.upload is not None:
            self.uploads[picture.contributor, picture.upload] = picture.image_id

    def _take_back(self, image_id: str) -> None:
        picture = self.pictures.pop(image_id, None)
        if picture is not None:
            self.taken_back.add(image_id)
            del self.people[picture.contributor][image_id]
            self._count(picture, -1)

    def _count(self, picture: Picture, step: int) -> None:
        person = self.contributors[picture.contributor]
        for what in (("contributor", person.pseudonym), ("theme", person.theme), ("invite", person.invite)):
            self.given[what] += step
