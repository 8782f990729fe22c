"""Formats of a release, each by the name that `release.formats` has for it."""

from typing import Final

from silverprint.adapters.exporters import (
    coco,
    csv_table,
    cvat,
    datumaro,
    fiftyone,
    imagefolder,
    parquet,
    webdataset,
    yolo_cls,
)
from silverprint.adapters.exporters.exporter import Exporter

EXPORTERS: Final[dict[str, Exporter]] = {
    "parquet": parquet.export,
    "imagefolder": imagefolder.export,
    "webdataset": webdataset.export,
    "csv": csv_table.export,
    "coco": coco.export,
    "yolo-cls": yolo_cls.export,
    "datumaro": datumaro.export,
    "cvat": cvat.export,
    "fiftyone": fiftyone.export,
}
