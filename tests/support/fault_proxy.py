"""A server in front of a server, that fails as networks and buckets do.

deny       answers 403 AccessDenied, and passes nothing on
refuse     answers 503 SlowDown, and passes nothing on
fail       answers 500 InternalError, and passes nothing on
conflict   answers 409, as S3 may while another create of the same name is under way
reset      breaks the connection before it passes anything on
lose       passes the request on, and breaks the connection instead of answering
truncate   breaks the connection in the middle of the answer's body
flip       changes one bit in the middle of the answer's body
delay      passes the request on late, after `seconds`
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Fault = Literal[
    "deny",
    "refuse",
    "fail",
    "conflict",
    "expire",
    "mangle",
    "reset",
    "lose",
    "truncate",
    "flip",
    "delay",
    "forget",
]
_ANSWERS = {
    "deny": (403, "AccessDenied"),
    "refuse": (503, "SlowDown"),
    "fail": (500, "InternalError"),
    "conflict": (409, "ConditionalRequestConflict"),
    "expire": (404, "NoSuchUpload"),
    "mangle": (400, "BadDigest"),
}


@dataclass
class FaultProxy:
    """Passes requests on, except those for which a fault was ordered."""

    target: str
    url: str = ""
    requests: list[str] = field(default_factory=list)
    """What was asked, in order, as "PUT /bucket/key"; also what failed."""
    seconds: float = 0.0
    before: Callable[[], object] | None = None
    """Called once, before the next faulty request is passed on or answered."""

    def __post_init__(self) -> None:
        self._orders: list[tuple[Fault, str, int]] = []
        self._lock = threading.Lock()
        self.hurry = threading.Event()

    def order(self, fault: Fault, what: str = "", *, times: int = 1) -> None:
        """Let the next requests fail, those in whose "PUT /bucket/key" the pattern is found."""
        with self._lock:
            self._orders.append((fault, what, times))

    def relent(self) -> None:
        """Forget what was ordered."""
        with self._lock:
            self._orders.clear()

    def next_fault(self, method: str, path: str) -> Fault | None:
        """Note a request and tell how it is to fail, if it is."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            for place, (fault, what, times) in enumerate(self._orders):
                if times and re.search(what, self.requests[-1]):
                    self._orders[place] = (fault, what, times - 1)
                    return fault
        return None


@contextlib.contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """Start a proxy before the server at this URL; stop it after the block."""
    proxy = FaultProxy(target)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.hurry.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultProxy
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True  # else the body waits for the answer to its head, 40 ms

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client gave up
            super().handle_one_request()
            return
        self.close_connection = True

    def answer(self) -> None:
        """Pass a request on and its answer back, or fail in the way that was ordered."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fault = self.proxy.next_fault(self.command, self.path)
        if fault and self.proxy.before:
            self.proxy.before()
            self.proxy.before = None
        if fault == "delay":
            self.proxy.hurry.wait(self.proxy.seconds)
        if fault == "reset":
            self._break()
        elif fault in _ANSWERS:
            status, code = _ANSWERS[fault]
            text = f"<Error><Code>{code}</Code><Message>As ordered</Message></Error>"
            self._send(status, {"Content-Type": "application/xml"}, text.encode())
        else:
            status, headers, data = self._pass_on(body, forgetting=fault == "forget")
            if fault == "lose":
                self._break()
            else:
                self._send(status, headers, data, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - names of the library

    def _pass_on(self, body: bytes, *, forgetting: bool) -> tuple[int, dict[str, str], bytes]:
        host = self.proxy.target.removeprefix("http://")
        with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            headers = dict(self.headers.items())
            if forgetting:
                del headers["If-None-Match"]
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def _send(
        self, status: int, headers: dict[str, str], data: bytes, fault: Fault | None = None
    ) -> None:
        if self.command == "HEAD":
            data = b""
        else:
            kept = {n: v for n, v in headers.items() if n.lower() != "content-length"}
            headers = {**kept, "Content-Length": str(len(data))}
        if fault == "flip" and data:
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if fault == "truncate" else data)
        self.wfile.flush()
        if fault == "truncate":
            self._break()

    def _break(self) -> None:
        """Close the connection by a reset, or by an end in the middle."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
