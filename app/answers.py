"""A bounded memory of what was asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_MISSING: Any = object()


class Answers:
    """Remembers answers by the question; what nobody asked for longest goes when there are many.

    Threads may share one. A question is answered once: who asks the same meanwhile waits for that.
    What an answer raises is raised, and not remembered. `st.cache_resource` does the same in
    0.1 ms, and a page asks some twenty questions.

    >>> answers = Answers(most=2)
    >>> answers.get("1 + 1", lambda: 2), answers.get("1 + 1", lambda: 3)
    (2, 2)
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Answer] = OrderedDict()

    def get(self, question: str, answer: Callable[[], T]) -> T:
        """Return what is remembered; ask, and remember it, when nothing is."""
        with self._lock:
            held = self._held.setdefault(question, _Answer())
            self._held.move_to_end(question)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        if held.value is _MISSING:
            with held.lock:
                if held.value is _MISSING:
                    held.value = answer()
        return cast("T", held.value)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()


class _Answer:
    __slots__ = ("lock", "value")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Any = _MISSING
