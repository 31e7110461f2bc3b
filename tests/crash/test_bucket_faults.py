"""A bucket fails in every commit: what is repeated until it is answered is done once.

tests/lake/test_remote_faults.py has the same for single requests.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lake.errors import StoreError
from lake.remote import S3Store
from lake.verify import verify
from tests.crash.contents import append, claims_in, objects_in, row, rows_in
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.machines import Machine
from tests.support.s3_server import bucket, s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lake.lake import Lake
    from lake.store import Store
    from tests.support.fault_proxy import Fault
    from tests.support.s3_server import S3Server

pytestmark = pytest.mark.slow

__all__ = ["bucket", "s3"]


@pytest.fixture
def proxy(bucket: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Lead to the bucket by a server that fails."""
    with fault_proxy(s3.url) as proxy:
        assert bucket
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.seconds = 0.3
        yield proxy


@pytest.fixture
def lake(bucket: str, proxy: FaultProxy, tmp_path: Path) -> Iterator[Lake]:
    assert proxy.url
    with Machine(tmp_path / "here").lake(f"{bucket}/lake") as lake:
        for number in range(3):
            append(lake.table("metrics"), number)
        yield lake


def contents(lake: Lake) -> list[str]:
    """Name what is in the lake, and twice what is there twice; everything must be sound."""
    assert verify(lake.store, [lake.table("metrics").spec], "content") == []  # others are empty
    return sorted([*rows_in(lake), *objects_in(lake), *claims_in(lake)])


def flush(lake: Lake) -> None:
    if not lake.journal.rotated():  # a repeated call has the row already
        lake.append("metrics", [row("metrics", 7)])
    lake.flush()


def compact(lake: Lake) -> None:
    lake.compact(minimum=1)
    assert lake.table("metrics").snapshot().tail == ()


BEFORE = [f"metrics {number}" for number in range(3)]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done, the requests that fail and how in passing, and what is there afterwards."""

    do: Callable[[Lake], object]
    requests: str
    faults: tuple[Fault, ...]
    after: list[str]


WORKS = {
    "flush": Work(flush, "PUT .*/tail/", ("fail", "delay"), [*BEFORE, "metrics 7"]),
    "object": Work(
        lambda lake: lake.objects.put(b"object"),
        "PUT .*/objects/",
        ("refuse", "reset"),
        [*BEFORE, "object"],
    ),
    "claim": Work(
        lambda lake: lake.claim("experiments", "risk", {"by": 1}),
        "PUT .*/claims/",
        ("lose", "conflict"),
        ["claim risk by 1", *BEFORE],
    ),
    "data": Work(compact, "PUT .*/metrics/data/", ("fail", "lose"), BEFORE),
    "manifest": Work(compact, "PUT .*/metrics/log/", ("lose", "refuse", "conflict"), BEFORE),
}


@pytest.mark.parametrize("name", WORKS)
def test_what_fails_in_passing_is_done_once(
    bucket: str, lake: Lake, proxy: FaultProxy, tmp_path: Path, name: str
) -> None:
    work = WORKS[name]
    for fault in work.faults:
        proxy.order(fault, work.requests)
    work.do(lake)
    proxy.relent()
    assert contents(lake) == work.after
    with Machine(tmp_path / "elsewhere").lake(f"{bucket}/lake") as elsewhere:
        assert contents(elsewhere) == work.after


@contextlib.contextmanager
def impatient(store: Store) -> Iterator[None]:
    """Let a store soon give up in the block."""
    assert isinstance(store, S3Store)
    usual, store.patience = store.patience, 1.5
    store.close()  # the next connection has that patience
    try:
        yield
    finally:
        store.patience = usual
        store.close()


@pytest.mark.parametrize("name", WORKS)
def test_what_fails_for_good_says_so_and_is_done_once_when_it_is_repeated(
    bucket: str, lake: Lake, proxy: FaultProxy, tmp_path: Path, name: str
) -> None:
    """No answer arrives, so nobody knows whether it was done: here it was."""
    work = WORKS[name]
    proxy.order("lose", work.requests, times=1_000)
    with pytest.raises(StoreError, match="repeat") as refused, impatient(lake.store):
        work.do(lake)
    assert f"{bucket}/lake/" in str(refused.value)
    proxy.relent()
    work.do(lake)
    assert contents(lake) == work.after
    with Machine(tmp_path / "elsewhere").lake(f"{bucket}/lake") as elsewhere:
        assert contents(elsewhere) == work.after
