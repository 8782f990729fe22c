"""The tests. Each worker of xdist has a core to itself: more threads than one would only wait for one another.

It is said here, before anything imports numpy, polars or torch, and so that the processes which a test starts hear it
too. Nor does a worker wait for the disk: what a test wrote need not outlive a power cut.
"""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(_name, "1")
    os.fsync = lambda _: None  # type: ignore[assignment]
