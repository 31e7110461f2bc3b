"""The peer: deltalake, with a table of its own for each way to append to it.

It never calls fsync: what it has acknowledged may be gone after a power loss.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks._lake_scale import rows
from benchmarks._measure import seconds_of

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

NO_FSYNC: Final = "it never fsyncs"


class DeltaPeer:
    """Two tables with the same rows: one written by its path, one by a handle that stays open."""

    def __init__(self, folder: Path) -> None:
        import deltalake  # only with --peers

        self._deltalake = deltalake
        self._by_path, self._by_handle = self.make(folder / "path"), self.make(folder / "handle")
        self._handle = deltalake.DeltaTable(self._by_handle)
        self.path_times: list[float] = []
        self.handle_times: list[float] = []

    def make(self, place: Path) -> Path:
        """Make a table of one row."""
        self._deltalake.write_deltalake(place, rows(0))
        return place

    def count(self, place: Path) -> int:
        """Count the rows of a table."""
        return int(self._deltalake.DeltaTable(place).to_pyarrow_dataset().count_rows())

    def append(self, points: pa.Table) -> None:
        """Append to both tables, and keep how long each took."""
        write = self._deltalake.write_deltalake
        self.path_times.append(seconds_of(partial(write, self._by_path, points, mode="append")))
        self.handle_times.append(seconds_of(partial(write, self._handle, points, mode="append")))

    def grow(self, commits: int) -> None:
        """Append until each table has that many commits."""
        while len(self.path_times) < commits:
            self.append(rows(len(self.path_times)))

    @property
    def times(self) -> list[float]:
        """Seconds of every append, of the way that was faster."""
        return min(self.path_times, self.handle_times, key=sum)

    @property
    def way(self) -> str:
        """The way that was faster."""
        return "by its path" if self.times is self.path_times else "by an open handle"

    def open(self) -> int:
        """Open the table; its version."""
        return int(self._deltalake.DeltaTable(self._by_path).version())

    def read(self) -> pa.Table:
        """Open the table and read one column of it."""
        return self._deltalake.DeltaTable(self._by_path).to_pyarrow_table(columns=["value"])

    def query(self, text: str) -> pa.Table:
        """Open the table and ask DuckDB about it, which sees it as `points`."""
        import duckdb

        with duckdb.connect() as connection:
            connection.register(
                "points", self._deltalake.DeltaTable(self._by_path).to_pyarrow_dataset()
            )
            return connection.sql(text).to_arrow_table()

    def compact(self) -> float:
        """Make one file of all; the seconds that took."""
        return seconds_of(self._deltalake.DeltaTable(self._by_path).optimize.compact)
