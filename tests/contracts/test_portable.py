"""Calls that Linux alone has: those that stand have another way beside them, and no new ones come in (docs/mac.md)."""

import ast
import os
import re
from typing import Final

import pytest

from silverprint.adapters.urls.fetcher import ring_buffer
from silverprint.store.executor import cores
from tests.contracts.digests import ROOT

SOURCES = sorted((ROOT / "src/silverprint").rglob("*.py"))
# By the availability notes of Python's reference; a name that ends in * stands for all that begin so.
LINUX: Final = (
    *("memfd_create", "MFD_*", "eventfd*", "EFD_*", "timerfd_*", "pidfd_*", "sched_*", "SCHED_*", "splice"),
    *("getxattr", "listxattr", "removexattr", "setxattr", "posix_fadvise", "posix_fallocate", "POSIX_FADV_*"),
    *("copy_file_range", "getrandom", "unshare", "setns", "O_DIRECT", "O_TMPFILE", "O_PATH", "O_NOATIME"),
    *("O_LARGEFILE", "RWF_*", "epoll", "EPOLL*"),
    *("sigwaitinfo", "sigtimedwait", "prlimit", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME"),
    *("RLIMIT_SIGPENDING", "MAP_POPULATE", "MAP_STACK", "MADV_DONTFORK", "MADV_HUGEPAGE", "MADV_REMOVE"),
    *("F_ADD_SEALS", "F_GET_SEALS", "F_SEAL_*", "F_OFD_*", "F_SETPIPE_SZ", "F_GETPIPE_SZ", "F_NOTIFY", "AF_NETLINK"),
    *("AF_PACKET", "AF_VSOCK", "AF_ALG", "SO_BINDTODEVICE", "SO_PEERCRED", "TCP_QUICKACK", "TCP_USER_TIMEOUT"),
    *("SOCK_CLOEXEC", "SOCK_NONBLOCK", "CLOCK_BOOTTIME", "MADV_DONTDUMP"),
)
NAMES: Final = re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in LINUX))
PLACES: Final = re.compile(r"/(proc|sys|dev/shm)(/|$)")
STANDING: Final = {
    ("adapters/urls/fetcher/ring_buffer.py", "memfd_create"),
    ("store/executor/cores.py", "sched_getaffinity"),
    ("demo/processes.py", "ctypes"),  # prctl, on Linux alone
}


def linux_only(text: str) -> set[str]:
    """What of a module only Linux has: attributes and imported names, the C library, files of the kernel."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(attr=name) if NAMES.fullmatch(name):
                found.add(name)
            case ast.ImportFrom(names=names):
                found |= {one.name for one in names if NAMES.fullmatch(one.name)}
            case ast.Import(names=names):
                found |= {one.name for one in names if one.name in ("ctypes", "cffi")}
            case ast.Constant(value=str(value)) if PLACES.match(value):
                found.add(value)
    return found


@pytest.mark.slow
def test_no_new_call_of_linux_alone_comes_in() -> None:
    found = {
        (str(path.relative_to(ROOT / "src/silverprint")), name)
        for path in SOURCES
        for name in linux_only(path.read_text(encoding="utf-8"))
    }
    assert found == STANDING, "use what other systems have, too, or guard it, and say so in docs/mac.md"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import os; os.memfd_create('x')", {"memfd_create"}),
        ("from select import epoll", {"epoll"}),
        ("open('/proc/meminfo')", {"/proc/meminfo"}),
        ("import ctypes", {"ctypes"}),
        ("os.cpu_count(); '/process'", set()),
    ],
)
def test_it_is_seen(line: str, found: set[str]) -> None:
    assert linux_only(line) == found


def test_the_page_names_what_stands() -> None:
    page = (ROOT / "docs/mac.md").read_text(encoding="utf-8")
    for path, name in STANDING:
        assert f"`src/silverprint/{path}`" in page, name


def test_without_linux_there_is_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores.available() == os.cpu_count()
    descriptor = ring_buffer.memory_file(100_000)
    try:
        here, there = ring_buffer.Ring(descriptor, 100_000), ring_buffer.Ring(descriptor, 100_000)
        assert there.get(here.put(b"picture") or 0, 7) == b"picture"
    finally:
        os.close(descriptor)
