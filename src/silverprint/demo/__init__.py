"""Demonstration: a sample site, a list, a drop, an own folder, people who give, answer, and know.

Nothing here is part of the pipeline: the stages meet the demonstration over HTTP and by its files only, and no stage
reads the truth.
"""

from typing import Final

CAMPAIGN: Final = (
    "fashion-demo"  # dataset.campaign as the repository has it: the only one that simulated people answer in
)
PEOPLE: Final = ("ada", "bo", "cyn")  # the simulated annotators
CONTRIBUTORS: Final = ("dot", "eli", "fay", "gus")  # the simulated contributors, in the order in which they give
FROM_A_PHONE, WITHOUT_A_SCRIPT, CARELESS, COPIES = CONTRIBUTORS  # how each gives; gus copies from the web
LABELLED: Final = ("partner", "own", "list")  # sources that come with labels, which the demo imports
