"""A real S3 server on this machine: moto's, in a process of its own.

    python -m tests.support.s3_server [PEM]      prints its address, serves until its input ends

With a file of a certificate and its key it speaks TLS, as buckets elsewhere do.

Amazon's server decides a conditional PUT in one step. Moto looks first and stores afterwards, so
two might win; here a lock makes writes follow each other.
"""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import subprocess
import sys
import threading
import uuid
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# Nothing of the person who runs the tests: neither keys, nor settings, nor a way out.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "*",
}


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """Give one server for all tests; it takes a second to start."""
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the URL of an empty bucket, and the environment that leads to its server.

    What lakes in it keep on this machine is in the folder of the test.
    """
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return s3.new_bucket()


class S3Server:
    """Where it is, and how to get a bucket in it."""

    def __init__(self, url: str, certificate: Path | None = None) -> None:
        self.url = url
        self._certificate = certificate

    def new_bucket(self) -> str:
        """Make a bucket nobody else has and return its URL."""
        name = f"b{uuid.uuid4().hex}"
        self.request("PUT", f"/{name}")
        return f"s3://{name}"

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Ask the server something, around all our code."""
        with contextlib.closing(self._connect()) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            found = answer.read()
        assert answer.status < 300, (answer.status, found)
        return found

    def _connect(self) -> HTTPConnection:
        host = self.url.partition("//")[2]
        if self._certificate is None:
            return HTTPConnection(host, timeout=60)
        trusted = ssl.create_default_context(cafile=self._certificate)
        return HTTPSConnection(host, timeout=60, context=trusted)


@contextlib.contextmanager
def s3_server(certificate: Path | None = None) -> Iterator[S3Server]:
    """Start a server, empty at first, and stop it after the block."""
    more = [] if certificate is None else [str(certificate)]
    command = [sys.executable, "-m", "tests.support.s3_server", *more]
    pipe = subprocess.PIPE
    environment = {**os.environ, **ENVIRONMENT}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield S3Server(process.stdout.readline().strip(), certificate)
        process.stdin.close()


class _Orderly:
    """Around moto: one write at a time, and no header twice, which aiohttp may refuse."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def start_once(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            own = [(name, value) for name, value in headers if name.lower() != "server"]
            return start(status, own, *more)

        reading = request["REQUEST_METHOD"] in {"GET", "HEAD"}
        with contextlib.nullcontext() if reading else self._lock:
            answer: Iterable[bytes] = self._application(request, start_once)
        return answer


def _serve(certificate: str | None = None) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = _Orderly(DomainDispatcherApplication(create_backend_app))
    secret = None if certificate is None else (certificate, certificate)
    server = make_server("127.0.0.1", 0, application, threaded=True, ssl_context=secret)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheme = "https" if certificate else "http"
    sys.stdout.write(f"{scheme}://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()  # ends with whoever started us, however that ends


if __name__ == "__main__":
    _serve(*sys.argv[1:])
