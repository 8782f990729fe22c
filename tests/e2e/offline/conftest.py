"""The finished campaign where no Label Studio answers: nothing here may need one."""

import pytest


@pytest.fixture
def server() -> dict[str, str]:
    return {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}
