"""A browser without a screen: it speaks Streamlit's protocol and counts what comes back."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What one run of a page cost, seen from the other end of the socket."""

    seconds: float
    sent: int  # bytes
    failed: bool


class Client:
    """One session, open while the block lasts. Widgets are known by the keys the app gave them."""

    def __init__(self, address: str, page: str, *, query: str = "") -> None:
        self._url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        self._page, self._query = page, query
        self._ids: dict[str, str] = {}
        self._values: dict[str, tuple[str, Any]] = {}
        self.words: list[str] = []  # what the last run of the page said

    def set(self, key: str, kind: str, value: object) -> None:
        """Set a widget for the reruns that follow; `kind` is its field in the protocol."""
        self._values[key] = (kind, value)

    def click(self, key: str) -> Rerun:
        """Click a button, and read what the page answers."""
        self._values[key] = ("trigger_value", True)
        try:
            return self.rerun()
        finally:
            del self._values[key]

    def rerun(self) -> Rerun:
        """Run the page once, with a click once more when it asks for that, and read its answer."""
        self.words = []
        message = BackMsg()
        state = message.rerun_script
        state.page_name = self._page
        state.query_string = self._query
        for key, (kind, value) in self._values.items():
            widget = state.widget_states.widgets.add()
            widget.id = self._ids[key]
            setattr(widget, kind, value)
        begun = perf_counter()
        self._socket.send(message.SerializeToString())
        sent, failed = 0, False
        while True:
            data = self._socket.recv()
            sent += len(data)
            answer = ForwardMsg()
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            part: str | None = answer.WhichOneof("type")
            if part == "delta":
                failed |= self._note(answer.delta)
            elif part == "script_finished":
                return Rerun(seconds=perf_counter() - begun, sent=sent, failed=failed)

    def _note(self, delta: Any) -> bool:
        element = getattr(delta.new_element, delta.new_element.WhichOneof("type") or "", None)
        body = getattr(element, "body", "")
        if isinstance(body, str) and body:
            self.words.append(body)
        # ids end in the key the app gave: $$ID-<hash>-<key>
        name = getattr(element, "id", "")
        if isinstance(name, str) and name.startswith("$$ID-"):
            self._ids[name.split("-", 2)[2]] = name
        return str(delta.new_element.WhichOneof("type")) == "exception"

    def __enter__(self) -> Self:
        connection = connect(self._url, max_size=None, subprotocols=["streamlit"])  # type: ignore[list-item]
        with ExitStack() as stack:
            self._socket = stack.enter_context(connection)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
