"""The rows of living writers in a copy of a lake.

    backup/state.json                   the last complete copying, and one that is under way: which
                                        version each table had, which journals there were
           <journal id>.<sha16>.jsonl   a journal's complete lines, as they were then

A copied journal is not put into journal/: whoever opened the copy would make segments of it, and
the next copying would bring the same rows once more, in the source's segment. A restored lake gets
it: each table the lines of the state that its highest manifest belongs to. Where that table has a
segment of the journal, or that manifest has consumed one, readers leave the lines out, as always.
So each row is there once, also where a copying crashed between two tables.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from lake.digest import digest_bytes
from lake.errors import DamagedError, NotFoundError
from lake.identity import read_document
from lake.spec import TableSpec
from lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lake.copying import Copying
    from lake.store import Store

FOLDER: Final = "backup"
STATE: Final = f"{FOLDER}/state.json"
JOURNALS: Final = "journal"
DIGITS: Final = 16
NO_VERSION: Final = -1  # of a table that could not be copied
_SUFFIX: Final = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One copying: per table the version and the digest of its manifest, the journals' copies."""

    versions: Mapping[str, int]
    heads: Mapping[str, str]
    journals: Mapping[str, str]


def read_journals(source: Store) -> dict[str, bytes]:
    """Return the complete lines of every journal."""
    found: dict[str, bytes] = {}
    for entry in source.list(JOURNALS):
        if entry.name.endswith(_SUFFIX):
            try:
                data = source.get(f"{JOURNALS}/{entry.name}")
            except NotFoundError:
                continue  # made into segments since the listing
            found[entry.name.removesuffix(_SUFFIX)] = data[: data.rfind(b"\n") + 1]
    return {journal_id: lines for journal_id, lines in found.items() if lines}


def read_states(store: Store) -> tuple[str, list[State]]:
    """Return the id of the lake that was copied here, and the states, the last one last."""
    try:
        document = read_document(store, STATE)
    except NotFoundError:
        return "", []
    try:
        states = [State(**state) for state in document["states"]]
        return str(document["lake_id"]), states
    except (KeyError, TypeError) as error:
        message = f"{STATE} is damaged: {error!r}."
        raise DamagedError(message, hint="Make a new copy elsewhere.", path=STATE) from error


def write_states(copying: Copying, lake_id: str, states: list[State]) -> None:
    """Replace the states, in one step; what none of them names is let go."""
    document = {"lake_id": lake_id, "states": [asdict(state) for state in states]}
    copying.target.put(STATE, json.dumps(document, sort_keys=True).encode())
    named = {STATE, *(key for state in states for key in state.journals.values())}
    unnamed = [f"{FOLDER}/{entry.name}" for entry in copying.target.list(FOLDER)]
    unnamed = [key for key in unnamed if key not in named]
    if unnamed:
        copying.target.delete(*unnamed)


def copy_journals(copying: Copying, journals: Mapping[str, bytes]) -> dict[str, str]:
    """Store journals' lines beside the copy; where each is."""
    keys = {}
    for journal_id, lines in journals.items():
        key = f"{FOLDER}/{journal_id}.{digest_bytes(lines)[:DIGITS]}{_SUFFIX}"
        if copying.present(copying.target, key) != lines:
            copying.put(key, lines)
        keys[journal_id] = key
    return keys


def restored_journals(store: Store, damaged: dict[str, str]) -> dict[str, bytes]:
    """Return the lines of copied journals that belong to what the tables of this copy are now.

    Of one whose bytes are not what was copied no line is returned, and it is named in `damaged`.
    """
    _, states = read_states(store)
    if not states:
        return {}
    names = {name for state in states for name in state.versions}
    present = {
        name: Table(store, TableSpec(name=name, columns={}), writer="backup").snapshot().version
        for name in names
    }
    found: dict[str, bytes] = {}
    for place, state in enumerate(states):
        # of two states with the same version the later one has the later journals
        current = {
            name
            for name, version in present.items()
            if _versions(states[place:], name)[:1] == [version]
            and version not in _versions(states[place + 1 :], name)
        }
        for journal_id, key in state.journals.items():
            lines = _intact_lines(store, key, damaged)
            tables = current | {*map(_table_of, lines)} - names if state is states[-1] else current
            kept = [line for line in lines if _table_of(line) in tables]
            if kept:
                found[journal_id] = found.get(journal_id, b"") + b"\n".join(kept) + b"\n"
    return found


def _intact_lines(store: Store, key: str, damaged: dict[str, str]) -> list[bytes]:
    try:
        data = store.get(key)
    except NotFoundError:
        damaged[key] = "absent, with rows of a writer that was living"
        return []
    found = digest_bytes(data)[:DIGITS]
    if found != digest_in_copy(key):
        damaged[key] = f"has the digest {found} instead of {digest_in_copy(key)}"
        return []
    return data.split(b"\n")[:-1]


def digest_in_copy(key: str) -> str:
    """Return how the SHA-256 of a copied journal begins; nothing for another file.

    >>> digest_in_copy("backup/0006413a5c2f8000-host.7.5d-0.0123456789abcdef.jsonl")
    '0123456789abcdef'
    """
    stem, _, digits = key.removesuffix(_SUFFIX).rpartition(".")
    return digits if stem and key.endswith(_SUFFIX) and len(digits) == DIGITS else ""


def _versions(states: list[State], name: str) -> list[int]:
    return [state.versions.get(name, 0) for state in states]


def _table_of(line: bytes) -> str:
    """Name the table of a journal's line; nothing for what is no row, which is kept as well."""
    try:
        row: Any = json.loads(line)
        return str(row["t"])
    except (ValueError, KeyError, TypeError):
        return ""
