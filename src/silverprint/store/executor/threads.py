"""Thread limit that every worker sets before its first shard."""


def use_one_thread() -> None:
    """A worker per core is enough: OpenCV's own threads would only take turns with them."""
    import cv2

    cv2.setNumThreads(1)
