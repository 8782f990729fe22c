"""Registry of annotation backends: the only place that says which one is at hand. There is one so far, Label Studio."""

from silverprint.annotation_backend import AnnotationBackend


def connect(wanted: str = "") -> AnnotationBackend:
    """The annotation backend that this machine's settings name.

    Args:
        wanted: the server that is needed, in words, where it cannot be any: for the remedy when none is set up.

    Raises:
        UnavailableError: there is none, or it does not answer.
        NotAllowedError: it refuses our token.
        ConfigError: its settings are wrong.
    """
    from silverprint.adapters.labelstudio import Studio  # loads an HTTP client: only where a server is talked to

    return Studio.connect(wanted)
