"""The server starts anywhere, says so, answers, and goes when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from app.errors import ServeError
from app.serve import serve
from core import Workbench
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = """
import sys
from app.serve import serve
from core.settings import Settings
serve(Settings(lake=sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
print("gone", flush=True)
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    with Workbench(tmp_path / "lake") as bench:
        bench.tracker.start_run("first").end()
    return tmp_path / "lake"


@pytest.fixture
def server(lake: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(lake)],
        cwd=elsewhere,
        env={**os.environ, "HOME": str(elsewhere)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().strip()


def get(address: str, path: str) -> tuple[int, str]:
    place = urlsplit(address)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=60)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf8", "replace")


def test_it_answers_from_another_folder(server: subprocess.Popen[str]) -> None:
    address = address_of(server)
    assert get(address, "/healthz") == (200, '{"status":"ok","version":"1.1"}')
    assert "MHRAS workbench" in get(address, "/runs")[1]
    assert get(address, "/app/static/inter-latin-wght-normal.woff2")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_asked(server: subprocess.Popen[str], number: int) -> None:
    address_of(server)
    server.send_signal(number)
    output, complaints = server.communicate(timeout=60)
    assert (server.returncode, output, complaints) == (0, "gone\n", "")


def test_health_names_what_is_wrong_with_the_lake(
    server: subprocess.Popen[str], lake: Path
) -> None:
    address = address_of(server)
    for path in (lake / "tables/runs").rglob("*.parquet"):
        path.write_bytes(b"not a file of ours")
    (lake / "tables/runs/tail/zzz.parquet").write_bytes(b"nor this")
    assert get(address, "/healthz") == (503, '{"status":"failed","code":"damaged"}')


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"Port {port} .* already in use") as caught:
            serve(Settings(lake=str(tmp_path)), port=port)
    assert (caught.value.code, caught.value.facts["port"]) == ("serve", port)
