"""Stages name no source files as dependencies; a number per stage does it, and this says when it was forgotten."""

import json

import pytest

from tests.contracts import digests

_CURRENT = digests.current()


@pytest.mark.parametrize("stage", sorted(_CURRENT))
def test_a_change_of_a_stages_code_was_considered(stage: str) -> None:
    accepted = json.loads(digests.ACCEPTED.read_text())[stage]
    assert _CURRENT[stage] == accepted, (
        f"the code behind {stage} changed; if that alters its output, raise {stage} in versions.yaml; "
        "then accept the code as it is: python -m tests.contracts.digests"
    )
