import pytest

from silverprint.stages import clean


@pytest.fixture
def suite() -> None:
    """Where a test asks for this, the suite of `clean` judges its manifest: that takes half a second each time."""


@pytest.fixture(autouse=True)
def _unjudged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "suite" not in request.fixturenames:
        monkeypatch.setattr(clean, "check", lambda *_: [])
