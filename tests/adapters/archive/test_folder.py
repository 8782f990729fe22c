"""A folder whose files are not what they seem."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.helpers.drops import folder, reasons
from tests.helpers.web_pictures import encoded


def test_only_plain_files_are_opened(acquired: Callable[[Path], None], tmp_path: Path) -> None:
    path = folder(tmp_path / "drop", {"good.jpg": encoded(1), "bell\a\n.jpg": encoded(3)})
    (path / "link.jpg").symlink_to("/etc/passwd")
    (path / "linked").symlink_to("/etc")
    (path / "inside.jpg").symlink_to("good.jpg")
    (path / "nowhere.jpg").symlink_to("gone.jpg")
    os.mkfifo(path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path / "socket.jpg"))
    (path / os.fsdecode(b"odd-\xff.jpg")).write_bytes(encoded(2))
    acquired(path)
    assert reasons(path) == {
        "good.jpg": ("stored", None),
        "bell\ufffd\n.jpg": ("stored", None),
        "link.jpg": ("refused", "link"),
        "linked": ("refused", "link"),
        "inside.jpg": ("refused", "link"),
        "nowhere.jpg": ("refused", "link"),
        "pipe.jpg": ("refused", "device"),
        "socket.jpg": ("refused", "device"),
        "odd-\\xff.jpg": ("stored", None),
    }


def test_folders_deeper_than_a_path_may_be_long(acquired: Callable[[Path], None], tmp_path: Path) -> None:
    path = folder(tmp_path / "drop", {"good.jpg": encoded(1), "z/good.jpg": encoded(2)})
    here = Path.cwd()
    os.chdir(path)
    for _ in range(25):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    Path("deep.jpg").write_bytes(encoded(3))
    os.chdir(here)
    acquired(path)
    found = reasons(path)
    deep = next(name for name in found if name.startswith("ddd"))
    assert len(deep) > 3_000
    assert found == {"good.jpg": ("stored", None), "z/good.jpg": ("stored", None), deep: ("failed", "unreadable")}
