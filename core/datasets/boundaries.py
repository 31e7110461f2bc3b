"""Where a table is cut into chunks: by what is in its rows, not by how many came before.

    rows     . . . . | . . . . . . . . | . . . .        a row whose number begins with zeros
    insert   . . . + . | . . . . . . . . | . . . .      starts a chunk: only one chunk changed

A chunk has at least a quarter of the average number of rows, and at most twice of it.
Content-defined chunking (LBFS: Muthitacharoen, Chen, Mazières 2001), by rows instead of bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from core.datasets.hashing import Hashes

MOST_ROWS: Final = 131_072
FEWEST_ROWS: Final = 1_024
_CHUNK_BYTES: Final = 16 * 1024 * 1024


def average_rows(sample: pa.Table) -> int:
    """Return how many rows a chunk shall have on average, a power of two: about 16 MB of them.

    >>> import pyarrow as pa
    >>> average_rows(pa.table({"x": range(1000)}))
    131072
    """
    width = max(1, sample.nbytes // max(1, sample.num_rows))
    rows = FEWEST_ROWS
    while rows < MOST_ROWS and rows * 2 * width <= _CHUNK_BYTES:
        rows *= 2
    return rows


class Boundaries:
    """Finds the cuts of one table whose rows come in pieces."""

    def __init__(self, average: int) -> None:
        self._fewest = average // 4
        self._most = average * 2
        self._limit = np.uint64(2**64 // average)
        self._rows = 0  # in the chunk that is not yet complete

    def cuts(self, hashes: Hashes) -> list[int]:
        """Return the positions in the next rows at which a new chunk starts.

        >>> boundaries = Boundaries(8)
        >>> boundaries.cuts(np.array([9, 0, 9, 9, 0, 9], dtype=np.uint64) << np.uint64(60))
        [4]
        """
        found: list[int] = []
        start = -self._rows
        for candidate in (*np.flatnonzero(hashes < self._limit).tolist(), len(hashes)):
            while candidate - start > self._most:
                start += self._most
                found.append(start)
            if candidate < len(hashes) and candidate - start >= self._fewest:
                start = candidate
                found.append(start)
        self._rows = len(hashes) - start
        return found
