"""Main program of a killable process: calls come in on standard input, results leave on standard output.

When its input ends it ends, too. Should the process that watches it die in the middle of a call, the processor's time
limit ends it.
"""

import os
import pickle
import resource
import signal
from struct import Struct
from typing import Any, Final

LENGTH: Final = Struct("!dQ")  # before each message: seconds of the processor that it may take, bytes


def main() -> None:
    """Follows orders until there are no more."""
    import cv2
    from PIL import Image

    import silverprint.imaging.measurement  # noqa: F401 (what nearly every call needs)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one knows what to do
    cv2.setNumThreads(1)
    Image.preinit()
    orders, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a decoder that prints does not speak among results
    _send(results, b"")
    while len(head := orders.read(LENGTH.size)) == LENGTH.size:
        seconds, size = LENGTH.unpack(head)
        job = orders.read(size)
        if len(job) != size:
            return
        _limit_processor(seconds)
        _send(results, _answer(job))


def _answer(job: bytes) -> bytes:
    try:
        work, arguments = pickle.loads(job)  # noqa: S301 (from the process that started this one)
        del job
        answer: tuple[bool, Any] = True, work(*arguments)
    except Exception as error:
        answer = False, error
    return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)


def _send(results: Any, body: bytes) -> None:
    results.write(LENGTH.pack(0.0, len(body)))
    results.write(body)
    results.flush()


def _limit_processor(seconds: float) -> None:
    """Ends this process when it has used twice so much more, whoever watches it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + 2 * seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
