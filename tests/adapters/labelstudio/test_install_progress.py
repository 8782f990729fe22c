"""Progress of an installation, by what pip and uv print: each step is told as what it is, and none goes back."""

import itertools

import pytest

from silverprint.adapters.labelstudio.install_progress import step

# As pip 23.2 and 25 and uv 0.9 print where no terminal is, shortened.
PIP = """Looking in indexes: https://pypi.org/simple
Collecting attrs==26.1.0 (from -r lock (line 1))
  Downloading attrs-26.1.0-py3-none-any.whl.metadata (8.8 kB)
Processing /opt/files/bleach-6.4.0-py3-none-any.whl (from -r lock (line 2))
Collecting click==8.5.1 (from -r lock (line 3))
  Using cached click-8.5.1-py3-none-any.whl.metadata (2.6 kB)
Downloading attrs-26.1.0-py3-none-any.whl (67 kB)
   ---------------------------------------- 67.5/67.5 kB 1.6 MB/s eta 0:00:00
Using cached click-8.5.1-py3-none-any.whl (108 kB)
Installing collected packages: click, bleach, attrs
Successfully installed attrs-26.1.0 bleach-6.4.0 click-8.5.1
"""
UV = """Using Python 3.11.7 environment at: env
Resolved 3 packages in 148ms
Prepared 2 packages in 35ms
Installed 3 packages in 16ms
Bytecode compiled 92 files in 740ms
 + attrs==26.1.0
"""


def steps(said: str) -> list[tuple[str, int | None]]:
    """What is shown after each line; of the three packages two are there from `Prepared` or `Installing` on."""
    lines = said.splitlines(keepends=True)
    texts = ["".join(lines[:end]) for end in range(len(lines) + 1)]
    found = [step(text, 2 if "Prepared" in text or "Installing" in text else 0, 3) for text in texts]
    return [shown for shown, _ in itertools.groupby((one.what, one.done) for one in found)]


def test_pip_is_told_step_by_step() -> None:
    looking, downloading = "looking packages up (step 1 of 3)", "downloading (step 2 of 3)"
    first = [(looking, None), (looking, 1), (looking, 2)]
    second = [(downloading, 0), (downloading, 1), (downloading, 2)]
    assert steps(PIP) == [*first, *second, ("installing (step 3 of 3)", 2)]


def test_uv_is_told_as_far_as_it_says() -> None:
    assert steps(UV) == [
        ("looking packages up (step 1 of 3)", None),
        ("downloading (step 2 of 3; uv does not say how far it is)", None),
        ("installing (step 3 of 3)", 2),
        ("compiling what was installed (the last step)", None),
    ]


@pytest.mark.parametrize("there", [0, 3, 7])
def test_no_more_packages_are_told_than_there_are(there: int) -> None:
    """An environment has packages of its own, such as pip."""
    assert step(PIP, there, 3).done == min(there, 3)
    assert step("Collecting a\n" * 9 + "Downloading a.whl (1 kB)\n" * 9, there, 3).done == 3
