"""The backend in memory as the one at hand, three people who answer on it, and a checkout in which a round is asked."""

import pytest

from silverprint import annotation_registry
from silverprint.annotation_backend import Project
from tests.adapters.labelstudio.conftest import PEOPLE, find
from tests.helpers import studio_machine as machine
from tests.helpers.memory_backend import MemoryBackend
from tests.helpers.studio_machine import ROUND, Machine

CAMPAIGN = "garments"


@pytest.fixture
def backend(monkeypatch) -> MemoryBackend:
    """Three people have an account there, and it is the one at hand."""
    found = MemoryBackend()
    for name in PEOPLE:
        found.invite(f"{name}@here", "a password")
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": found)
    return found


@pytest.fixture
def people(backend):
    return [backend.person(f"{name}@here") for name in PEOPLE]


@pytest.fixture
def here(backend, tmp_path, monkeypatch):
    """Makes a checkout in which nobody was asked so far, and works in it."""

    def made(*overlaps: int) -> Machine:
        folder, serving = tmp_path / "checkout", tmp_path / "serving"
        folder.mkdir()
        serving.mkdir()
        found = machine.make(folder, backend, serving, "a token", CAMPAIGN, list(overlaps))
        monkeypatch.chdir(folder)
        return found

    return made


def project_of(backend: MemoryBackend) -> Project:
    found = find(backend, CAMPAIGN, ROUND)
    assert found is not None
    return found
