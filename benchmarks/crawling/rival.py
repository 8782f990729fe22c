"""img2dataset, at its best: no resizing, no re-encoding, no hash, as many processes as cores; an environment apart."""

import os
from pathlib import Path

from common import addresses, timed  # started as a file: nothing of ours is in its environment
from img2dataset import download


def work(address: str, pictures: int, folder: Path) -> None:
    listed = folder / "list.txt"
    listed.write_text("\n".join(addresses(address, pictures)))
    download(
        url_list=str(listed),
        input_format="txt",
        output_folder=str(folder / "pictures"),
        output_format="webdataset",
        resize_mode="no",
        disable_all_reencoding=True,
        compute_hash=None,
        processes_count=os.cpu_count() or 1,
        thread_count=int(os.environ.get("THREADS", "32")),
        number_sample_per_shard=1_000,
        enable_wandb=False,
    )


if __name__ == "__main__":
    timed(work)
