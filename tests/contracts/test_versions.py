"""Stages name no source files as dependencies; a number per stage does it, and this says when it was forgotten."""

import json

import pytest

from tests.contracts import digests


@pytest.mark.slow
def test_a_change_of_a_stages_code_was_considered() -> None:
    current, accepted = digests.current(), json.loads(digests.ACCEPTED.read_text())
    changed = sorted(stage for stage in current if current[stage] != accepted.get(stage))
    assert not changed, (
        f"the code behind {', '.join(changed)} changed; if that alters an output, raise the stage in versions.yaml; "
        "then accept the code as it is: python -m tests.contracts.digests"
    )
