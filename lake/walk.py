"""All files below a folder of a store, however deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.store import Entry, Store


def files_below(store: Store, folder: str) -> Iterator[tuple[str, Entry]]:
    """Yield the key and the entry of every file in a folder and the folders in it.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = LocalStore(Path(place))
    ...     store.put("claims/kind/a.json", b"{}")
    ...     store.put("claims/kind/deeper/b.json", b"{}")
    ...     [key for key, entry in files_below(store, "claims")]
    ['claims/kind/a.json', 'claims/kind/deeper/b.json']
    """
    for entry in store.list(folder):
        yield f"{folder}/{entry.name}", entry
    for name in store.folders(folder):
        yield from files_below(store, f"{folder}/{name}")
