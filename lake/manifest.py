"""What is live in a table: manifests, one JSON file each, in an order nobody disputes.

    log/000000000000.json <- 000000000001.json <- 000000000002.json    the highest rules
                             previous_sha256      previous_sha256

The first is empty. Each is complete: whoever reads the highest one needs no other. Each is created
exclusively: of two writers that follow the same manifest one wins and the other starts over.

    v                version, as in the name        live       names of the data files
    files            the same with rows, bytes, sha256, and a roll-up of it  (lake/rollup.py)
    consumed         tail segments whose rows are in data files now, and since when
    dead             their names                    retired    data files that were replaced,
                                                               and their roll-ups
    previous_sha256  of the manifest before         nonce      makes every attempt's bytes unique
    rewritten        the version that last took rows out: who holds rows reads them again
    lost             files that could not be repaired, which it does without (lake/repair.py)
    table            whose it is: one that is found in the log of another table is damage
    checksum         SHA-256 of all the rest: nothing else would prove the highest one

`live`, `dead` and `v` are there for SQL views that read the log themselves. The last two are kept
once more in spare/: without the highest one nobody knows which of the data files count.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from lake.clock import now_us
from lake.digest import digest_bytes
from lake.errors import AlreadyExistsError, DamagedError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lake.store import Store

SUFFIX: Final = ".json"
SPARES: Final = 2
_RESTORE: Final = "Run `mhras verify --repair`."
_BEGIN: Final = b'{"checksum":"%s",'  # no other key comes before it in order
_FIRST: Final = {
    *("v", "created_at", "writer", "nonce", "previous_sha256"),
    *("files", "live", "consumed", "dead", "retired"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupFile:
    """A roll-up of a data file: its path in the table's data folder, and what must be in it."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A compacted file: its path in the table's data folder, and what must be in it."""

    path: str
    rows: int
    bytes: int
    sha256: str
    rollup: RollupFile | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Its path, and that of its roll-up."""
        return (self.path,) if self.rollup is None else (self.path, self.rollup.path)

    @property
    def folder(self) -> str:
        """The folder of its partition in the data folder; nothing for a file of several."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFile:
    """A file given up: its key, its rows (-1: unknown), its SHA-256 as far as it is known."""

    path: str
    rows: int
    sha256: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One state of a table's compacted part. Times are microseconds since 1970 UTC."""

    version: int
    created_at: int
    writer: str
    nonce: str
    previous_sha256: str
    files: tuple[DataFile, ...]
    consumed: Mapping[str, int]
    retired: Mapping[str, int]
    rewritten: int = 0
    lost: tuple[LostFile, ...] = ()
    table: str = ""
    """Nothing in the first of a log, which is the same for all, and in those of early lakes."""

    @property
    def parts(self) -> list[DataFile | RollupFile]:
        """The data files and their roll-ups."""
        both = [part for file in self.files for part in (file, file.rollup)]
        return [part for part in both if part is not None]

    @property
    def named(self) -> frozenset[str]:
        """Paths in the data folder of all files that readers may want, replaced ones included."""
        return frozenset([*self.retired, *(part.path for part in self.parts)])

    def to_json(self) -> bytes:
        """Return the bytes that are stored: the same manifest gives the same bytes."""
        document: dict[str, Any] = {
            "v": self.version,
            "created_at": self.created_at,
            "writer": self.writer,
            "nonce": self.nonce,
            "previous_sha256": self.previous_sha256,
            "files": [_facts(file) for file in self.files],
            "live": [file.path for file in self.files],
            "consumed": dict(self.consumed),
            "dead": sorted(self.consumed),
            "retired": dict(self.retired),
            "rewritten": self.rewritten,
            "lost": [asdict(file) for file in self.lost],
        }
        if self.table:
            document["table"] = self.table
        return _canonical({**document, "checksum": digest_bytes(_canonical(document))})

    @classmethod
    def from_json(cls, data: bytes, *, path: str = "") -> Manifest:
        """Read stored bytes; keys a newer version added are ignored. Raises DamagedError."""
        try:
            document = json.loads(data)
            _check(document, data)
            return cls(
                version=int(document["v"]),
                created_at=int(document["created_at"]),
                writer=str(document["writer"]),
                nonce=str(document["nonce"]),
                previous_sha256=str(document["previous_sha256"]),
                files=tuple(_data_file(file) for file in document["files"]),
                consumed=_times(document["consumed"]),
                retired=_times(document["retired"]),
                rewritten=int(document.get("rewritten", 0)),
                lost=tuple(LostFile(**file) for file in document.get("lost", ())),
                table=str(document.get("table", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"The manifest {path} is damaged: {error!r}."
            raise DamagedError(message, hint=_RESTORE, path=path) from error


def _check(document: dict[str, Any], data: bytes) -> None:
    """Raise ValueError when the document is not what was written."""
    checksum = document.pop("checksum", None)
    begin = _BEGIN % str(checksum).encode()
    # As it was written, what follows is the rest: to write ten thousand names again takes 7 ms.
    rest = b"{" + data[len(begin) :] if data.startswith(begin) else _canonical(document)
    # The first manifests had none, and only these keys.
    if checksum != digest_bytes(rest) and (checksum or set(document) != _FIRST):
        raise ValueError("its checksum is another")


def _times(found: dict[str, int]) -> dict[str, int]:
    """Return moments by names as they are: to make ten thousand anew takes 2 ms."""
    if set(map(type, found.values())) <= {int}:
        return found
    raise ValueError("a time is no whole number")


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _facts(file: DataFile) -> dict[str, Any]:
    facts = asdict(file)
    if file.rollup is None:
        del facts["rollup"]
    return facts


def _data_file(facts: Mapping[str, Any]) -> DataFile:
    rollup = facts.get("rollup")
    return DataFile(
        path=str(facts["path"]),
        rows=int(facts["rows"]),
        bytes=int(facts["bytes"]),
        sha256=str(facts["sha256"]),
        rollup=None if rollup is None else _rollup_file(rollup),
    )


def _rollup_file(facts: Mapping[str, Any]) -> RollupFile:
    return RollupFile(
        path=str(facts["path"]),
        rows=int(facts["rows"]),
        bytes=int(facts["bytes"]),
        sha256=str(facts["sha256"]),
    )


EMPTY: Final = Manifest(
    version=0,
    created_at=0,
    writer="",
    nonce="",
    previous_sha256="",
    files=(),
    consumed={},
    retired={},
)


@dataclass(frozen=True, slots=True)
class Head:
    """The manifest that rules, as it is stored: no bytes before the log has begun."""

    manifest: Manifest = EMPTY
    stored: bytes = b""

    @property
    def sha256(self) -> str:
        """The digest that its successor must name; a millisecond where 10,000 segments wait."""
        return digest_bytes(self.stored) if self.stored else ""


@dataclass(slots=True)
class ManifestLog:
    """The manifests of one table, in one folder of a store."""

    store: Store
    folder: str
    _head: Head = field(default_factory=Head)

    def key(self, version: int) -> str:
        """Return where the manifest of a version is stored."""
        return f"{self.folder}/{version:012d}{SUFFIX}"

    def spare_key(self, version: int) -> str:
        """Return where the spare copy of a manifest is stored."""
        return f"{self._spare_folder}/{version:012d}{SUFFIX}"

    @property
    def _spare_folder(self) -> str:
        return f"{self.folder.rpartition('/')[0]}/spare"

    def versions(self) -> list[int]:
        """Return the versions that are stored, in order; old ones have been deleted."""
        return self._versions_in(self.folder)

    def spares(self) -> list[int]:
        """Return the versions of which there is a spare copy, in order."""
        return self._versions_in(self._spare_folder)

    def _versions_in(self, folder: str) -> list[int]:
        names = (name.removesuffix(SUFFIX) for name in self.store.file_names(folder))
        return sorted(int(name) for name in names if name.isdecimal())

    def check_head(self) -> None:
        """Raise DamagedError when the highest manifest is gone: who writes must not go on."""
        spares = self.spares()  # first: a manifest is there before its spare copy
        if spares and spares[-1] > max(self.versions(), default=-1):
            key = self.key(spares[-1])
            message = f"The manifest {key} is missing."
            raise DamagedError(message, hint="Run `mhras verify --repair`.", path=key)

    def head(self) -> Head:
        """Return the highest manifest: one listing, and one read when it is new."""
        while versions := self.versions():
            with contextlib.suppress(NotFoundError):
                return self.head_at(versions[-1])
            # so many came after it since the listing that it was deleted
        return Head()

    def head_at(self, version: int) -> Head:
        """Return the highest manifest where a listing shows it. Raises what `read` raises."""
        known = self._head
        if not known.stored or known.manifest.version != version:
            self._head = self.read(version)
        return self._head

    def read(self, version: int) -> Head:
        """Read one manifest. Raises NotFoundError and DamagedError."""
        key = self.key(version)
        data = self.store.get(key)
        manifest = Manifest.from_json(data, path=key)
        if manifest.version != version:
            message = f"The manifest {key} is damaged: it says it is version {manifest.version}."
            raise DamagedError(message, hint=_RESTORE, path=key)
        if not self.may_be_ours(manifest):
            message = f"The manifest {key} is damaged: it is one of the table {manifest.table}."
            raise DamagedError(message, hint=_RESTORE, path=key)
        return Head(manifest, data)

    def may_be_ours(self, manifest: Manifest) -> bool:
        """Tell whether a manifest is of this table, as far as it says of which it is."""
        return manifest.table in ("", self.table_name)

    @property
    def table_name(self) -> str:
        """Whose manifests these are."""
        return self.folder.split("/")[-2]

    def begin(self) -> None:
        """Store the empty manifest, version 0, when there is none yet."""
        if not self.versions():
            # Whoever is first: the bytes are always the same.
            with contextlib.suppress(AlreadyExistsError):
                self.store.put(self.key(EMPTY.version), EMPTY.to_json(), exclusive=True)

    def commit(self, manifest: Manifest) -> bool:
        """Make this the head, durably; False when another manifest of its version came first."""
        key, data = self.key(manifest.version), manifest.to_json()
        try:
            self.store.put(key, data, exclusive=True)
        except AlreadyExistsError:
            # A create whose answer was lost and that was sent again finds itself.
            if not self._holds(key, data):
                return False
        if not self._follows(manifest.version, digest_bytes(data)):
            return False
        self.keep_spare(manifest.version, data)
        return True

    def keep_spare(self, version: int, data: bytes) -> None:
        """Keep a manifest once more, and no longer the ones before the last two."""
        try:
            self.store.put(self.spare_key(version), data)
            old = [known for known in self.spares() if known <= version - SPARES]
            if old:
                self.store.delete(*map(self.spare_key, old))
        except StoreError as error:  # it is committed, and only less safe
            import logging  # 5 ms of every program's start, and wanted once in a while

            text = "the manifest %s has no spare copy: %s"
            logging.getLogger(__name__).warning(text, self.key(version), error)

    def amend(self, change: Callable[[Manifest], Manifest], *, writer: str) -> Manifest:
        """Commit what `change` makes of the head, whoever else commits meanwhile, and return it.

        Versions, time, the table and what links manifests are seen to here.
        """
        self.begin()
        while True:
            head = self.head()
            manifest = replace(
                change(head.manifest),
                version=head.manifest.version + 1,
                created_at=max(now_us(), head.manifest.created_at + 1),
                writer=writer,
                nonce=secrets.token_hex(16),
                previous_sha256=head.sha256,
                table=self.table_name,
            )
            if self.commit(manifest):
                return manifest

    def _holds(self, key: str, data: bytes) -> bool:
        try:
            return self.store.get(key) == data
        except NotFoundError:
            return False

    def _follows(self, version: int, sha256: str) -> bool:
        """Tell whether what was just created is the head, or has successors that name it.

        A writer that slept while its version was made, outlived and deleted can create it again.
        That changes nothing for readers, but it is not a commit, and is removed.
        """
        if self.versions()[-1:] == [version]:
            return True
        with contextlib.suppress(NotFoundError):
            if self.read(version + 1).manifest.previous_sha256 == sha256:
                return True
        self.store.delete(self.key(version))
        return False
