"""The store over TLS, as every bucket outside this machine has it: bodies are sent another way."""

from __future__ import annotations

import datetime as dt
import ipaddress
import time
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lake.errors import AlreadyExistsError, StoreError
from tests.lake.remote_stores import opened, script
from tests.support.s3_server import S3Server, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR = dt.timedelta(hours=1)


def _certify(path: Path) -> None:
    """Write a key, and a certificate for this machine that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + HOUR)
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    _certify(path)
    return path


@pytest.fixture(scope="module")
def s3(certificate: Path) -> Iterator[S3Server]:
    with s3_server(certificate) as server:
        yield server


@pytest.fixture(autouse=True)
def _trusted(bucket: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bucket
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))


@pytest.mark.parametrize("size", [0, 1, 3_000_000, 20_000_000])
def test_bytes_of_any_size_come_back_as_they_went_in(
    bucket: str, tmp_path: Path, size: int
) -> None:
    with opened(bucket, tmp_path) as store:
        store.put("name", bytes(size), exclusive=True)
        assert store.get("name") == store.local_path("name").read_bytes() == bytes(size)
        with pytest.raises(AlreadyExistsError):
            store.put("name", bytes(size), exclusive=True)


@pytest.mark.parametrize("end", ["", "store.close()\n", "atexit.register(store.put, 'k', b'v')\n"])
def test_nothing_is_left_behind_when_the_interpreter_ends(
    bucket: str, tmp_path: Path, end: str
) -> None:
    code = (
        "import atexit\n"
        "keys = [f'folder/{number}' for number in range(10)]\n"
        "for key in keys:\n"
        "    store.put(key, b'')\n"
        "print(len(store.local_paths(keys)))\n"
    )
    assert script(code + end, bucket, tmp_path) == "10"


def test_a_server_nobody_vouches_for_is_refused_at_once(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    started = time.monotonic()
    with (
        opened(bucket, tmp_path, patience=60) as store,
        pytest.raises(StoreError, match="AWS_CA_BUNDLE names others to trust"),
    ):
        store.get("name")
    assert time.monotonic() - started < 30
