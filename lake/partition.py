"""Which rows of a table get files of their own.

    data/<sha256>.parquet                          rows of all partitions that are small
    data/experiment_id=<value>/<sha256>.parquet    rows of a large one

The column stays in the files. A value is percent-encoded, so that any text is safe as a folder's
name. A reader of one partition needs its folder and the shared files: which rows are where is the
business of compactions alone, and a partition's rows move out when they have become many.

The number of files must not grow with the number of partitions: each one costs every reader 0.1 ms.
So a file of its own needs a sixteenth of the table's rows. That makes 16 at a time, and at most 8
more whenever the table doubles. From a quarter of a full file on it is worth it in any table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from lake.manifest import DataFile

MOST_AT_ONCE: Final = 16
PARTITION_ROWS: Final = 10_000
TARGET_ROWS: Final = 1_000_000
TARGET_BYTES: Final = 128 * 1024 * 1024
# A data file is written again only with at least a quarter of its rows beside it: each row is then
# rewritten a number of times that grows with the logarithm of the table, not with the table.
GROWTH: Final = 4
_LONGEST_NAME: Final = 200  # file systems allow 255 bytes
SHARED: Final = ""


def folder_of(column: str, value: str | None) -> str:
    """Return the folder of a partition, nothing for one that cannot have one.

    >>> folder_of("experiment_id", "phq9 / risk")
    'experiment_id=phq9%20%2F%20risk'
    >>> folder_of("experiment_id", None)
    ''
    """
    name = "" if value is None else f"{column}={quote(value, safe='')}"
    return name if len(name) <= _LONGEST_NAME else SHARED


def small_beside(files: Iterable[DataFile], rows: int, target_rows: int) -> Iterator[DataFile]:
    """Yield the files to merge with some rows, the smallest first: none that is large beside them.

    A file that is full, by rows or by bytes, is never written again.
    """
    for file in sorted(files, key=lambda file: file.rows):
        full = file.rows >= target_rows or file.bytes >= TARGET_BYTES
        if full or file.rows > GROWTH * rows or rows >= target_rows:
            return
        yield file
        rows += file.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitions:
    """How one compaction of a table divides the rows it has read."""

    column: str
    files: Sequence[DataFile]
    target_rows: int
    least_rows: int

    @property
    def total(self) -> int:
        """The rows of all data files."""
        return sum(file.rows for file in self.files)

    def of(self, folder: str) -> list[DataFile]:
        """Return the files of one partition, or those that are shared."""
        return [file for file in self.files if file.folder == folder]

    def large(self, rows: pa.Table) -> dict[str, str]:
        """Choose the values whose rows get a file of their own, with the folders to put it in."""
        if not self.column:
            return {}
        share = min((self.total + rows.num_rows) // MOST_AT_ONCE, self.target_rows // 4)
        least = max(self.least_rows, share)
        of: dict[str, list[DataFile]] = {}
        for file in self.files:
            of.setdefault(file.folder, []).append(file)
        sizes: dict[str, int] = {}
        for value, count in _counts(rows, self.column).items():
            folder = folder_of(self.column, value)
            merged = small_beside(of.get(folder, ()), count, self.target_rows)
            if folder and count + sum(file.rows for file in merged) >= least:
                sizes[value] = count
        largest = sorted(sizes, key=lambda value: (-sizes[value], value))[:MOST_AT_ONCE]
        return {value: folder_of(self.column, value) for value in largest}

    def split(self, rows: pa.Table, large: Mapping[str, str]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the folder and the rows of each large partition, and the rest as shared."""
        import pyarrow as pa  # 100 ms that only compactions need
        import pyarrow.compute as pc

        if not large:
            yield SHARED, rows
            return
        column = rows[self.column]
        for value, folder in large.items():
            yield folder, rows.filter(pc.equal(column, value))
        theirs = pc.is_in(column, value_set=pa.array(list(large), pa.string()))
        yield SHARED, rows.filter(pc.invert(theirs))


def _counts(rows: pa.Table, column: str) -> dict[str, int]:
    import pyarrow.compute as pc  # as above

    counts = pc.value_counts(rows[column]).to_pylist()
    return {each["values"]: each["counts"] for each in counts if each["values"] is not None}
