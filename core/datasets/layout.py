"""How a version of a dataset is put together of stored objects.

    part 0   rows 0 ... 131,071       one Parquet object with all columns
    part 1   rows 131,072 ...         two objects: one has the new columns, one all the others
    part 2                            one object, without the deleted rows and with the inserted

    deletions    Parquet: object, position in it             of all parts
    insertions   Parquet: part, position in it, all columns  of all parts
    sketches     Parquet: what compares columns without their rows (core/datasets/sketches.py)

The document is JSON, an object like the chunks it names. Everything a later version needs to find
what it shares with this one is in it: the digest of every column of every part, and the numbers of
some of its rows (core/datasets/hashing.py), which are no values of anybody.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from lake.digest import digest_bytes
from lake.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An object, and the columns that are read from it."""

    object: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Consecutive rows of a version.

    `rows` are those of the version. `stored_rows` are those of its objects, of which some may be
    deleted. `digests` are of the columns as the version has them. `first` and `last` are the
    numbers of the rows at its ends, `least` the smallest numbers of all its rows.
    """

    rows: int
    stored_rows: int
    pieces: tuple[Piece, ...]
    digests: Mapping[str, str]
    first: int
    last: int
    least: tuple[int, ...] = ()
    patched: bool = False

    @property
    def marks(self) -> frozenset[int]:
        """The numbers by which a chunk with mostly the same rows is recognized."""
        return frozenset((self.first, self.last, *self.least))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One version: its columns as they were given, and the parts it is made of."""

    schema: pa.Schema
    anchor: tuple[str, ...]
    average: int
    encodings: Mapping[str, str]
    parts: tuple[Part, ...] = ()
    categories: Mapping[str, str] = field(default_factory=dict)
    deletions: str = ""
    insertions: str = ""
    sketches: str = ""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(part.rows for part in self.parts)

    @property
    def content_digest(self) -> str:
        """SHA-256 of what is in it: names, types and values, in their order."""
        columns = [[field.name, str(field.type)] for field in self.schema]
        categories = sorted(self.categories.items())
        rows = [[part.rows, [part.digests[name] for name, _ in columns]] for part in self.parts]
        return digest_bytes(_canonical([columns, categories, rows]))

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart; none when that takes all of them."""
        return self.anchor if len(self.anchor) < len(self.schema) else ()

    def objects(self) -> Iterator[str]:
        """Name every object the version needs, each once."""
        named = {piece.object: None for part in self.parts for piece in part.pieces}
        named |= dict.fromkeys(self.categories.values())
        named |= dict.fromkeys(digest for digest in self._beside if digest)
        yield from named

    @property
    def _beside(self) -> tuple[str, ...]:
        return self.deletions, self.insertions, self.sketches

    def to_json(self) -> bytes:
        """Return the document; the same layout gives the same bytes."""
        serialized: bytes = self.schema.serialize().to_pybytes()
        return _canonical(
            {
                "format": FORMAT,
                "schema": base64.b64encode(serialized).decode(),
                "columns": [[field.name, str(field.type)] for field in self.schema],
                "anchor": self.anchor,
                "average": self.average,
                "encodings": dict(self.encodings),
                "categories": dict(self.categories),
                "deletions": self.deletions,
                "insertions": self.insertions,
                "sketches": self.sketches,
                "parts": [_part_to_json(part, self.schema.names) for part in self.parts],
            }
        )

    @classmethod
    def from_json(cls, data: bytes, *, path: str = "") -> Self:
        """Read a document. Raises DamagedError."""
        import pyarrow as pa

        try:
            document = json.loads(data)
            schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(document["schema"])))
            return cls(
                schema=schema,
                anchor=tuple(document["anchor"]),
                average=int(document["average"]),
                encodings=document["encodings"],
                categories=document["categories"],
                deletions=document["deletions"],
                insertions=document["insertions"],
                sketches=document.get("sketches", ""),  # versions of before have none
                parts=tuple(_part_from_json(part, schema.names) for part in document["parts"]),
            )
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            message = f"The layout {path} is damaged: {error!r}."
            hint = "Run `mhras verify --repair`."
            raise DamagedError(message, hint=hint, path=path) from error


def objects_of(document: bytes) -> Iterator[str]:
    """Name every object that a stored layout refers to. Raises DamagedError."""
    yield from Layout.from_json(document).objects()


def _part_to_json(part: Part, names: list[str]) -> dict[str, Any]:
    places = {name: place for place, name in enumerate(names)}
    return {
        "rows": part.rows,
        "stored_rows": part.stored_rows,
        "pieces": [[p.object, [places[name] for name in p.columns]] for p in part.pieces],
        "digests": [part.digests[name] for name in names],
        "ends": [part.first, part.last],
        "least": part.least,
        "patched": part.patched,
    }


def _part_from_json(document: Mapping[str, Any], names: list[str]) -> Part:
    return Part(
        rows=int(document["rows"]),
        stored_rows=int(document["stored_rows"]),
        pieces=tuple(
            Piece(object=digest, columns=tuple(names[place] for place in places))
            for digest, places in document["pieces"]
        ),
        digests=dict(zip(names, document["digests"], strict=True)),
        first=int(document["ends"][0]),
        last=int(document["ends"][1]),
        least=tuple(document.get("least", ())),  # versions of before have none
        patched=bool(document["patched"]),
    )


def _canonical(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
