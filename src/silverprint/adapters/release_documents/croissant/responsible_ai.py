"""Fields of the Croissant RAI vocabulary 1.0, as far as the campaign's tables fill them.

Left out is what only a person knows: the datasheet asks for it.
"""

from typing import Any, Final

from silverprint.adapters.release_documents import sentences
from silverprint.core.reporting.release_facts import ReleaseFacts

_COLLECTED: Final = {
    "web": "Web Scraping",
    "urls": "Web Scraping",
    "archive": "Others",
    "folder": "Others",
    "crowd": "User-generated content data",
}


def fields(facts: ReleaseFacts) -> dict[str, Any]:
    """`rai:` properties of the dataset."""
    kinds = dict.fromkeys(_COLLECTED[source.settings.kind] for source in facts.sources if source.released)
    found: dict[str, Any] = {
        "dataCollection": " ".join(
            sentences.acquired(source, f"Released: {source.released:,}") for source in facts.sources
        ),
        "dataCollectionType": list(kinds),
        "dataCollectionTimeframe": list(facts.period or ()),
        "dataCollectionMissingData": sentences.missing(facts),
        "dataPreprocessingProtocol": sentences.cleaned(facts),
        "dataAnnotationProtocol": sentences.annotated(facts),
        "dataAnnotationPlatform": ["Label Studio"] if facts.annotators else [],
        "dataAnnotationAnalysis": [sentences.round_said(row) for row in facts.rounds],
        "annotationsPerItem": sentences.votes_per_picture(facts),
        "machineAnnotationTools": sentences.automatic(facts),
        "dataUseCases": sentences.uses(facts),
        "dataBiases": sentences.biases(facts),
        "dataLimitations": sentences.limits(facts),
        "personalSensitiveInformation": sentences.persons(facts),
        "dataReleaseMaintenancePlan": sentences.versions(facts),
    }
    return {f"rai:{name}": value for name, value in found.items() if value}
