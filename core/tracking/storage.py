"""Where artifacts' bytes go: into the lake, or into a folder or a bucket of their own."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from core.errors import ArtifactError
from core.ids import new_id
from lake.errors import AlreadyExistsError, InvalidNameError, NotFoundError
from lake.store import LocalStore, check_key

if TYPE_CHECKING:
    from lake.lake import Lake
    from lake.store import Store

SCHEME: Final = "lake://objects/"
TOMBSTONES: Final = "claims/deleted-artifacts"


class StorageBackend(Protocol):
    """Keeps artifacts' bytes. Implementations pass tests/contracts/storage.py."""

    def save_artifact(self, artifact: bytes, path: str) -> str:
        """Keep the bytes under a relative name; the URI to load them by. Durable on return."""

    def load_artifact(self, uri: str) -> bytes:
        """The bytes of a URI. Raises ArtifactError when there are none."""

    def delete_artifact(self, uri: str) -> None:
        """Let go of the bytes; `load_artifact` refuses from then on. Absent is fine."""


@runtime_checkable
class FileBackend(Protocol):
    """A backend that takes a file of any size without reading it into memory."""

    def save_file(self, source: Path, path: str) -> str:
        """Keep a file's content under a relative name; the URI to load it by."""


class FileSystemStorage:
    """Keeps artifacts as files below a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     storage = FileSystemStorage(folder)
    ...     storage.load_artifact(storage.save_artifact(b"tree", "run/model.bin"))
    b'tree'
    """

    def __init__(self, base_path: str = "experiments/artifacts") -> None:
        self._store = LocalStore(Path(base_path).expanduser())

    def save_artifact(self, artifact: bytes, path: str) -> str:
        """Keep the bytes under a relative name, or beside it when that is taken; its file URI."""
        return self._save(artifact, path)

    def save_file(self, source: Path, path: str) -> str:
        """Keep a file's content under a relative name; its file URI. Raises ArtifactError."""
        return self._save(source, path)

    def _save(self, data: bytes | Path, path: str) -> str:
        key = _put(self._store, data, path)
        return (self._store.root / key).as_uri()

    def load_artifact(self, uri: str) -> bytes:
        """The bytes of a URI. Raises ArtifactError when there are none."""
        try:
            return self._store.get(self._key(uri))
        except NotFoundError:
            raise _missing(uri) from None

    def delete_artifact(self, uri: str) -> None:
        """Remove the file. Absent is fine."""
        self._store.delete(self._key(uri))

    def _key(self, uri: str) -> str:
        from urllib.parse import unquote  # 5 ms that only readers need

        return artifact_path(unquote(_below(uri, self._store.root.as_uri() + "/")))


def _put(store: Store, data: bytes | Path, path: str) -> str:
    """Store under a name, or beside it when it was logged before: who refers to that finds it."""
    key = artifact_path(path)
    try:
        store.put(key, data, exclusive=True)
    except AlreadyExistsError:
        name = PurePosixPath(key)
        key = str(name.with_name(f"{name.stem}~{new_id()}{name.suffix}"))
        store.put(key, data, exclusive=True)
    return key


class S3Storage:
    """Keeps artifacts as objects of a bucket, below a prefix.

    ``bucket`` is a name, or a URL such as s3://bucket/prefix. Endpoint and credentials are those
    of the AWS environment. Raises InvalidNameError for what is no bucket, before anybody is asked.

    >>> S3Storage("models", prefix="risk").url, S3Storage("s3://models/risk/").url
    ('s3://models/risk', 's3://models/risk')
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        from lake.remote import S3Store  # only who keeps artifacts in a bucket needs it

        url = bucket if "://" in bucket else f"s3://{bucket}"
        self._store = S3Store(f"{url.rstrip('/')}/{prefix.strip('/')}", named_by_content=False)
        self.url = self._store.url

    def save_artifact(self, artifact: bytes, path: str) -> str:
        """Keep the bytes under a relative name, or beside it when that is taken; its s3:// URI.

        Raises ArtifactError, StoreError.
        """
        return self._save(artifact, path)

    def save_file(self, source: Path, path: str) -> str:
        """Keep a file's content under a relative name; its s3:// URI."""
        return self._save(source, path)

    def _save(self, data: bytes | Path, path: str) -> str:
        return f"{self.url}/{_put(self._store, data, path)}"

    def load_artifact(self, uri: str) -> bytes:
        """The bytes of a URI. Raises ArtifactError when there are none, StoreError."""
        try:
            return self._store.get(self._key(uri))
        except NotFoundError:
            raise _missing(uri) from None

    def delete_artifact(self, uri: str) -> None:
        """Remove the object. Absent is fine."""
        self._store.delete(self._key(uri))

    def _key(self, uri: str) -> str:
        return artifact_path(_below(uri, f"{self.url}/"))


class LakeStorage:
    """Keeps artifacts as objects of the lake: equal content is kept once.

    Objects are shared, so deleting one reference does not remove the bytes: gc does, when nothing
    refers to them any more.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def save_artifact(self, artifact: bytes, path: str) -> str:
        """Keep the bytes; the URI names this reference. Raises ArtifactError for a bad name."""
        return self._refer(self._lake.objects.put(artifact), path)

    def save_file(self, source: Path, path: str) -> str:
        """Keep a file's content, whatever its size; the URI names this reference."""
        return self._refer(self._lake.objects.put(source), path)

    @staticmethod
    def _refer(digest: str, path: str) -> str:
        return f"{SCHEME}{digest}#{new_id()}/{artifact_path(path)}"

    def load_artifact(self, uri: str) -> bytes:
        """The bytes of a URI, checked against their digest. Raises ArtifactError, DamagedError."""
        try:
            if self._lake.store.list(_tombstone(uri)):
                raise _missing(uri)
            return self._lake.objects.get(digest_of(uri))
        except NotFoundError:
            raise _missing(uri) from None

    def delete_artifact(self, uri: str) -> None:
        """Let go of this reference. Absent is fine."""
        self._lake.store.put(f"{_tombstone(uri)}/deleted", b"")


def _below(uri: str, base: str) -> str:
    if not uri.startswith(base):
        message = f"{uri!r} is not in this storage."
        raise ArtifactError(message, hint=_elsewhere(base), uri=uri)
    return uri.removeprefix(base)


def _tombstone(uri: str) -> str:
    return f"{TOMBSTONES}/{reference_of(uri) or 'none'}"


def reference_of(uri: str) -> str:
    """The id that tells this reference to an object from others; empty when it has none.

    >>> reference_of("lake://objects/" + "ab" * 32 + "#0190/model.json")
    '0190'
    """
    return uri.partition("#")[2].partition("/")[0]


def digest_of(uri: str) -> str:
    """The digest in a lake URI.

    >>> digest_of("lake://objects/" + "ab" * 32 + "#0190/model.json") == "ab" * 32
    True
    """
    if not uri.startswith(SCHEME):
        message = f"{uri!r} is not an artifact of the lake."
        raise ArtifactError(message, hint=_elsewhere(SCHEME), uri=uri)
    return uri.removeprefix(SCHEME).partition("#")[0]


def artifact_path(path: str) -> str:
    """A name within a run, refused when it would lead out of it.

    >>> artifact_path("plots/roc.svg")
    'plots/roc.svg'
    >>> artifact_path("../../etc/passwd")
    Traceback (most recent call last):
    ...
    core.errors.ArtifactError: '../../etc/passwd' is not a name for an artifact. ...
    """
    try:
        return check_key(str(PurePosixPath(path)) if path.strip() else "")
    except InvalidNameError as error:
        message = f"{path!r} is not a name for an artifact."
        hint = 'Use a relative name such as "plots/roc.svg", without "..".'
        raise ArtifactError(message, hint=hint, path=path) from error


def _elsewhere(base: str) -> str:
    return f"Its URIs begin with {base}; EXPERIMENT_ARTIFACTS_PATH names where others are."


def _missing(uri: str) -> ArtifactError:
    return ArtifactError(f"There is no artifact {uri!r}.", hint="Was it deleted?", uri=uri)
