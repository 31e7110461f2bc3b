"""Every error the lake raises.

    MhrasError                      root of the whole library: message, hint, facts, code
      LakeError                     anything the lake says no to
        LakeNotFoundError           no lake there                              (FileNotFoundError)
        NotFoundError               no such table, object, file                (KeyError)
        AlreadyExistsError          an exclusive create lost                   -
        DamagedError                bytes are not what the lake recorded       -
        FormatError                 written by a newer version of this library -
        InvalidNameError            a name, key or digest of a wrong form      (ValueError)
        SchemaError                 rows do not fit the table                  (ValueError)
        StoreError                  disk full, read only, input/output error   (OSError)

The tracking errors grow from the same root in core/errors.py, those of queries in
catalog/errors.py.
"""

from __future__ import annotations

from typing import ClassVar


class MhrasError(Exception):
    """Say what went wrong, the way out (`hint`) and the facts, which also read as attributes.

    >>> error = MhrasError("No run 7.", hint="Runs 1 to 6 exist.", run_id="7")
    >>> str(error), error.run_id, error.code
    ('No run 7. Runs 1 to 6 exist.', '7', 'error')
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __getattr__(self, name: str) -> object:
        # Only asked when nothing else bears the name; `facts` is absent while unpickling.
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            kind = type(self).__name__
            raise AttributeError(f"{kind!r} has no attribute {name!r}", name=name) from None

    def __reduce__(self) -> tuple[object, ...]:
        notes = {"__notes__": self.__notes__} if hasattr(self, "__notes__") else None
        return _rebuild, (type(self), self.message, self.hint, self.facts), notes


def _rebuild(
    kind: type[MhrasError], message: str, hint: str, facts: dict[str, object]
) -> MhrasError:
    return kind(message, hint=hint, **facts)


class LakeError(MhrasError):
    """The lake refuses, or cannot do what was asked."""

    code = "lake"


class LakeNotFoundError(LakeError, FileNotFoundError):
    """There is no lake at this path."""

    code = "lake_not_found"


class NotFoundError(LakeError, KeyError):
    """Nothing is stored under this name."""

    code = "not_found"


class AlreadyExistsError(LakeError):
    """Somebody else created this name first."""

    code = "already_exists"


class DamagedError(LakeError):
    """Stored bytes do not match what the lake recorded; the fact `path` names the file."""

    code = "damaged"


class FormatError(LakeError):
    """A newer version of this library wrote the lake."""

    code = "format"


class InvalidNameError(LakeError, ValueError):
    """A name, a key or a digest does not have the form it must have."""

    code = "invalid_name"


class SchemaError(LakeError, ValueError):
    """Rows do not fit the table; the fact `faults` lists everything that is wrong at once."""

    code = "schema"


class StoreError(LakeError, OSError):
    """The operating system refused: the facts `path` and `errno` say where and why."""

    code = "store"

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message, hint=hint, **facts)
        number = facts.get("errno")  # OSError has its own slot of this name, so fill that
        self.errno = number if isinstance(number, int) else None
