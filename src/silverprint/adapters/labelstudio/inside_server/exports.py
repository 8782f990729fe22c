"""Lists of answers that our own Label Studio sends: it keeps none of them.

Label Studio writes each list into its folder `export`, for its log, and never removes it: with every look of `annotate`
and `wait` there is one more, which names every picture that was answered.
"""

import importlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any


def install() -> None:
    """Has Label Studio remove each list as soon as it is packed for whoever asked, before its first request."""
    exports: Any = importlib.import_module("data_export.models")
    pack, written = exports.DataExport.generate_export_file, threading.local()

    def save(_project: Any, _now: Any, _asked: Any, data: str, _md5: str, name: str) -> str:
        """Under a name of its own: the same list may be sent to two at once."""
        handle, written.path = tempfile.mkstemp(".json", f"{name}-", exports.settings.EXPORT_DIR)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(data)
        return str(written.path)

    def packed(*arguments: Any, **named: Any) -> Any:
        written.path = None
        try:
            return pack(*arguments, **named)
        finally:
            if written.path is not None:
                Path(written.path).unlink(missing_ok=True)

    exports.DataExport.save_export_files = staticmethod(save)
    exports.DataExport.generate_export_file = staticmethod(packed)
