"""Machines that share a bucket: each has its own journals and its own copies."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from catalog.tables import SPECS
from lake.lake import Lake
from lake.spool import CACHE_BYTES, BucketOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.remote import S3Store

NEVER = 3600.0


@dataclass(frozen=True)
class Machine:
    """A folder that stands for a machine's disk, and how soon its rows go to the bucket."""

    disk: Path
    publish_seconds: float = NEVER
    cache_bytes: int = CACHE_BYTES

    @property
    def options(self) -> BucketOptions:
        """How a lake uses this machine."""
        return BucketOptions(
            state_folder=self.disk / "state",
            cache_folder=self.disk / "cache",
            cache_bytes=self.cache_bytes,
            publish_seconds=self.publish_seconds,
        )

    def open(self, url: str, **more: Any) -> Lake:
        """Open a lake here; whoever does not close it, abandons it."""
        lake = Lake.open(url, settle=0, options=self.options, **more)
        lake.define(*SPECS.values())
        return lake

    @contextlib.contextmanager
    def lake(self, url: str) -> Iterator[Lake]:
        """Open a lake here, and close it after the block."""
        with self.open(url) as lake:
            try:
                yield lake
            finally:
                lake.close()
                cast("S3Store", lake.store).close()


def log(lake: Lake, *steps: int, run: str = "r") -> None:
    """Log points of a metric."""
    rows = [{"run_id": run, "metric_name": "loss", "value": 0.5, "step": n} for n in steps]
    lake.append("metrics", rows)


def steps_of(lake: Lake) -> list[int]:
    """Read the steps of all points that are in the bucket, doubles as such."""
    return sorted(lake.table("metrics").read()["step"].to_pylist())
