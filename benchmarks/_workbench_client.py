"""A browser without a screen: it speaks Streamlit's protocol and counts what comes back."""

from __future__ import annotations

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
    """One session. Widgets are known by the keys the app gave them."""

    def __init__(self, address: str, page: str) -> None:
        url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        self._socket = connect(url, max_size=None, subprotocols=["streamlit"])  # type: ignore[list-item]
        self._page = page
        self._ids: dict[str, str] = {}
        self._values: dict[str, tuple[str, Any]] = {}

    def set(self, key: str, kind: str, value: object) -> None:
        """Set a widget for the reruns that follow; `kind` is its field in the protocol."""
        self._values[key] = (kind, value)

    def rerun(self) -> Rerun:
        """Run the page once and read all of its answer."""
        message = BackMsg()
        state = message.rerun_script
        state.page_name = self._page
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
        # ids end in the key the app gave: $$ID-<hash>-<key>
        name = getattr(element, "id", "")
        if isinstance(name, str) and name.startswith("$$ID-"):
            self._ids[name.split("-", 2)[2]] = name
        return str(delta.new_element.WhichOneof("type")) == "exception"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
