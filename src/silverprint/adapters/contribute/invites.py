"""Invites: signed words in a link, good until a day and for a number of pictures; and what else the secret signs.

The secret lies in a file for its owner alone, which Git leaves out. Whoever has it can make invites, and nothing else.
"""

import base64
import hashlib
import hmac
import secrets
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from silverprint import layout
from silverprint.errors import ConfigError
from silverprint.store.files import disk_errors, write_new

SECRET: Final = layout.CONTRIBUTE / "secret"
_SECRET_BYTES: Final = 32  # written as twice as many hex digits
_LONGEST: Final = 512  # characters of a link's own part: more is none of ours


class Invite(NamedTuple):
    """
    Attributes:
        key: its name in tables; no one can make the link of it.
        source: a key of `sources` in params.yaml.
        theme: one of its themes.
        quota: pictures that it is good for, whoever uses it.
        until: seconds since 1970 after which it is none any more.
        completes: what the completion code is made of that it ends with; empty: the contributor's pseudonym.
    """

    key: str
    source: str
    theme: str
    quota: int
    until: int
    completes: str = ""

    def is_over(self) -> bool:
        return time.time() > self.until


class Labelling(NamedTuple):
    """What a participant of a study that labels is invited to.

    Attributes:
        key: the participant's, as `Signer.participant` makes it; of a study's common link the study's name.
        study: its key in data/studies.csv.
        round: whose pictures are labelled.
        answers: that are asked of one participant.
        until: seconds since 1970 after which it is none any more.
        completes: what the completion code is made of that it ends with.
    """

    key: str
    study: str
    round: str
    answers: int
    until: int
    completes: str

    def is_over(self) -> bool:
        return time.time() > self.until


class Signer:
    """What is signed with a secret, each kind so that it passes for no other."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def invite(self, invite: Invite) -> str:
        """The link's own part."""
        return self._of("invite").dumps(list(invite))

    def read_invite(self, token: str) -> Invite | None:
        """The invite, over or not; None where we never made it."""
        found = self._read("invite", token)
        return None if found is None else Invite(*found)

    def entrance(self, study: Invite) -> str:
        """The link's own part of a study's common link; `study.key` is the study's name."""
        return self._of("entrance").dumps(list(study))

    def read_entrance(self, token: str) -> Invite | None:
        found = self._read("entrance", token)
        return None if found is None else Invite(*found)

    def labelling(self, labelling: Labelling) -> str:
        """The link's own part, for a participant of a study that labels."""
        return self._of("labelling").dumps(list(labelling))

    def read_labelling(self, token: str) -> Labelling | None:
        found = self._read("labelling", token)
        return None if found is None else Labelling(*found)

    def labelling_entrance(self, study: Labelling) -> str:
        """The link's own part of the common link of a study that labels; `study.key` is the study's name."""
        return self._of("labelling-entrance").dumps(list(study))

    def read_labelling_entrance(self, token: str) -> Labelling | None:
        found = self._read("labelling-entrance", token)
        return None if found is None else Labelling(*found)

    def participant(self, study: str, participant: str) -> str:
        """The key of the invite of a study's participant: always the same, and nobody else can tell who it is."""
        return f"{study}.{self._digest('participant', f'{study}|{participant}').hexdigest()[:10]}"

    def session(self, invite: Invite, pseudonym: str) -> str:
        """What a contributor's browser keeps."""
        return self._of("session").dumps([invite.key, pseudonym])

    def read_session(self, invite: Invite, cookie: str) -> str | None:
        """The pseudonym; None where we never gave this, or with another invite."""
        found = self._read("session", cookie)
        return found[1] if found is not None and found[0] == invite.key else None

    def form(self, pseudonym: str) -> str:
        """What every form and every request that changes something carries, which other sites cannot know."""
        return self._digest("form", pseudonym).hexdigest()

    def is_form(self, pseudonym: str, said: str) -> bool:
        return hmac.compare_digest(self.form(pseudonym).encode(), said.encode("utf-8", "replace"))

    def completion(self, pseudonym: str) -> str:
        """The code that a contributor hands in: 8 letters and digits, which nobody else can make."""
        return base64.b32encode(self._digest("completion", pseudonym).digest())[:8].decode()

    def _digest(self, kind: str, text: str) -> "hmac.HMAC":
        return hmac.new(self._secret.encode(), f"{kind}\0{text}".encode(), hashlib.sha256)

    def _of(self, kind: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=kind, signer_kwargs={"digest_method": hashlib.sha256})

    def _read(self, kind: str, text: str) -> Any:
        try:
            found = self._of(kind).loads(text) if len(text) <= _LONGEST else None
        except BadData:
            return None
        return found if self._of(kind).dumps(found) == text else None  # base64 has several spellings of the same bytes


def new_key() -> str:
    """A name that says nothing and is given twice never, for an invite or a contributor."""
    return secrets.token_hex(5)


def signer(path: Path = SECRET) -> Signer:
    """The campaign's signer; its secret is made where there is none.

    Raises:
        DiskError: it cannot be written; then there is none.
        ConfigError: it is no secret of ours: whoever guesses it makes links, sessions and codes.
    """
    if not path.exists():
        with disk_errors(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, secrets.token_hex(_SECRET_BYTES).encode(), mode=0o600)
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "correct it or restore it from a backup") from None
    if len(secret) < 2 * _SECRET_BYTES:
        rule = f"has {len(secret)} characters, and what signs links has {2 * _SECRET_BYTES}: others could guess it"
        remedy = f"restore it from a backup; or remove it for a new one, which ends every link and session: rm {path}"
        raise ConfigError(str(path), rule, remedy)
    return Signer(secret)
