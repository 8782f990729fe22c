"""Hugging Face Hub: a release as a dataset repository, a commit and a tag for each version.

`huggingface_hub` is optional; it reads the token from HF_TOKEN or from where its own `hf auth login` keeps it, and the
Hub's address from HF_ENDPOINT. None of them is ever written down here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from silverprint.console import say
from silverprint.errors import NotAllowedError, SilverprintError, UnavailableError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_INSTALL = "pip install 'silverprint[hub]'"


def push(folder: Path, repository: str, *, version: int, private: bool) -> str:
    """Makes `folder` the whole content of a dataset repository; returns the address of the version there.

    What the repository had before and `folder` has not leaves its newest state, and stays in its history. A version
    that is there already is not uploaded again: the Hub compares by content.

    Args:
        repository: OWNER/NAME; made if it is not there.
        version: of the release, which becomes the tag v1, v2, ... A tag of an earlier push of this version, in other
            formats, moves to what is pushed now, and a line says so.
        private: of a repository that is made; one that is there stays as it is.

    Raises:
        UnavailableError: huggingface_hub is not installed, or the Hub does not answer.
        NotAllowedError: there is no token, or it may not write there.
        UsageError: the repository's name is none.
    """
    with _errors(repository):
        from huggingface_hub import HfApi

        hub = HfApi()
        hub.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        done = hub.upload_folder(
            repo_id=repository, repo_type="dataset", folder_path=folder, commit_message=f"v{version}",
            delete_patterns="*",
        )  # fmt: skip
        _tag(hub, repository, f"v{version}", done.oid)
        return f"{hub.endpoint}/datasets/{repository}/tree/v{version}"


def _tag(hub: "HfApi", repository: str, tag: str, commit: str) -> None:
    """Gives the tag to the commit, whatever had it."""
    known = {one.name: one.target_commit for one in hub.list_repo_refs(repository, repo_type="dataset").tags}
    if known.get(tag) == commit:
        return
    if tag in known:
        hub.delete_tag(repository, repo_type="dataset", tag=tag)
        moved = f"from commit {known[tag][:8]} to {commit[:8]}"
        say(f"{repository}: the tag {tag} moves {moved}, for it has other files of the same version")
    hub.create_tag(repository, repo_type="dataset", tag=tag, revision=commit)


def require_name(repository: str) -> None:
    """Refuses what is no name of a repository of somebody's; asks nobody.

    Raises:
        UnavailableError: huggingface_hub is not installed.
        UsageError: it is none.
    """
    with _errors(repository):
        from huggingface_hub.utils._validators import validate_repo_id

        validate_repo_id(repository)
    if "/" not in repository:
        rule = "it does not say whose the repository is"
        raise UsageError(repository, rule, "name it OWNER/NAME, with your name at the Hub or an organisation's")


def is_private(repository: str) -> bool | None:
    """Whether it is; None where there is no such repository, or none that we may see.

    Raises:
        As `push`.
    """
    with _errors(repository):
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            return bool(HfApi().repo_info(repository, repo_type="dataset").private)
        except RepositoryNotFoundError:
            return None


@contextmanager
def _errors(repository: str) -> Iterator[None]:
    try:
        import huggingface_hub.errors as hub_errors
    except ImportError:
        raise UnavailableError("huggingface_hub", "it is not installed", _INSTALL) from None
    try:
        yield
    except SilverprintError:
        raise
    except hub_errors.HFValidationError as error:
        raise UsageError(repository, str(error), "name it OWNER/NAME") from None
    except hub_errors.LocalTokenNotFoundError:
        raise _not_allowed(repository, "there is no token") from None
    except hub_errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise _not_allowed(repository, f"the Hub answers {status}") from None
        rule = f"the Hub answers {status}: {error.server_message or 'without a word'}"
        raise UnavailableError(repository, rule, "run this again; what was uploaded is not uploaded twice") from None
    except Exception as error:  # its HTTP library differs from version to version
        if isinstance(error, OSError) or "http" in type(error).__module__:
            rule = f"the Hub is not reached ({type(error).__name__}: {error})"
            raise UnavailableError(
                repository, rule, "look at the network and HF_ENDPOINT, and run this again"
            ) from None
        raise


def _not_allowed(repository: str, rule: str) -> NotAllowedError:
    return NotAllowedError(repository, rule, "set HF_TOKEN to a token that may write there, or: hf auth login")
