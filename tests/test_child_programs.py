"""Programs that are called: their exit code is told whatever comes; they keep the lock of one that was killed."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from silverprint import child_programs

ENDS_AS_IT_INTERRUPTS = "trap '' TERM; kill -INT $PPID; exit 7"
KILLED = """
import fcntl, os, sys
from silverprint import child_programs
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock.fileno(), True)
child_programs.call(["sh", "-c", "echo begun; read end <> " + sys.argv[2]], lambda: None)
"""


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


def test_what_a_killed_process_called_goes_on_holding_its_lock(tmp_path: Path) -> None:
    lock, end = tmp_path / "lock", tmp_path / "end"
    os.mkfifo(end)
    with subprocess.Popen([sys.executable, "-c", KILLED, lock, end], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "begun\n"
        killed.kill()
        killed.wait()
        with lock.open() as again:
            with pytest.raises(BlockingIOError):
                fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end.write_text("\n")
            fcntl.flock(again, fcntl.LOCK_EX)
