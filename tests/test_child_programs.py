"""Programs that are called: their exit code is told whatever comes while they are waited for."""

import signal
import threading

from silverprint import child_programs

ENDS_AS_IT_INTERRUPTS = "trap '' TERM; kill -INT $PPID; exit 7"


def test_ctrl_c_that_another_thread_gets_as_the_program_ends_leaves_its_exit_code() -> None:
    """A process with libraries' threads: the signal wakes one of them, and this one goes on waiting."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        assert child_programs.until_it_ends(["sh", "-c", ENDS_AS_IT_INTERRUPTS]) == 7
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        over.set()
        other.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
