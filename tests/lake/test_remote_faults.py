from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lake.digest import digest_bytes
from lake.errors import AlreadyExistsError, DamagedError, StoreError
from tests.lake.remote_stores import opened
from tests.support.fault_proxy import FaultProxy, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lake.remote import S3Store
    from tests.support.fault_proxy import Fault
    from tests.support.s3_server import S3Server

DATA = bytes(range(256)) * 40
OBJECT = f"objects/{digest_bytes(DATA)[:2]}/{digest_bytes(DATA)}"
SEGMENT = f"tables/t/tail/0006413a5c2f8000-host-0-{digest_bytes(DATA)[:16]}.parquet"
LARGE = bytes(9_000_000)  # two parts


@pytest.fixture
def calm(bucket: str, tmp_path: Path) -> Iterator[S3Store]:
    """Give a store that asks the server itself, as another process would."""
    with opened(bucket, tmp_path / "other copies") as store:
        assert store.list("anything") == []  # is connected, so never sees the proxy
        yield store


@pytest.fixture
def proxy(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    s3.request("PUT", f"/{bucket.removeprefix('s3://')}/name", b"bytes")
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def store(proxy: FaultProxy, bucket: str, tmp_path: Path) -> Iterator[S3Store]:
    with opened(bucket, tmp_path / "copies") as store:
        assert store.size("name") == 5  # the connection is there, and is used a second time
        proxy.requests.clear()
        yield store


def _create(store: S3Store) -> None:
    store.put("new", DATA, exclusive=True)


def _get(store: S3Store) -> None:
    assert store.get("name") == b"bytes"


def _list(store: S3Store) -> None:
    assert [entry.name for entry in store.list("folder")] == []


@pytest.mark.parametrize("fault", ["refuse", "fail", "conflict", "mangle", "reset", "lose"])
def test_what_fails_in_passing_is_asked_again(
    store: S3Store, proxy: FaultProxy, fault: Fault
) -> None:
    works: list[Callable[[S3Store], None]] = [
        _create,
        _get,
        _list,
        lambda store: store.put("name", b"bytes"),
        lambda store: store.delete("absent", "name"),
    ]
    for work in works:
        proxy.requests.clear()
        proxy.order(fault, times=2)
        work(store)
        assert len(proxy.requests) in {3, 4}  # a create may look whose the object is


@pytest.mark.parametrize("fault", ["refuse", "fail", "reset", "lose", "delay"])
def test_what_fails_for_good_ends_in_an_error_after_a_while(
    proxy: FaultProxy, bucket: str, tmp_path: Path, fault: Fault
) -> None:
    proxy.seconds = 60
    proxy.order(fault, times=1_000)
    started = time.monotonic()
    with opened(bucket, tmp_path / "copies", patience=0.6) as store:
        for work in (_create, _get):
            with pytest.raises(StoreError, match="repeat"):
                work(store)
        proxy.relent()
    assert time.monotonic() - started < 45


def test_a_slow_answer_is_waited_for(store: S3Store, proxy: FaultProxy) -> None:
    proxy.seconds = 0.5
    proxy.order("delay")
    _get(store)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("data", [b"ours", LARGE])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_create_whose_answers_are_lost_is_known_to_be_ours(
    store: S3Store, proxy: FaultProxy, data: bytes, times: int
) -> None:
    proxy.order("lose", "PUT .*/new$|POST .*/new[?]uploadId", times=times)
    store.put("new", data, exclusive=True)
    assert store.get("new") == data
    with pytest.raises(AlreadyExistsError):
        store.put("new", data, exclusive=True)


def test_an_upload_that_was_completed_before_is_known_to_be_ours(
    store: S3Store, proxy: FaultProxy
) -> None:
    proxy.order("lose", "POST .*/new[?]uploadId")
    proxy.order("expire", "POST .*/new[?]uploadId", times=2)
    store.put("new", LARGE, exclusive=True)
    assert store.get("new") == LARGE
    with pytest.raises(StoreError, match="NoSuchUpload"):
        store.put("new", LARGE)


@pytest.mark.parametrize("data", [b"the same", LARGE])
def test_a_create_whose_answer_is_lost_is_known_to_have_come_too_late(
    calm: S3Store, store: S3Store, proxy: FaultProxy, data: bytes
) -> None:
    calm.put("new", data, exclusive=True)
    proxy.order("lose", "PUT .*/new$|POST .*/new[?]uploadId", times=2)
    with pytest.raises(AlreadyExistsError):
        store.put("new", data, exclusive=True)


@pytest.mark.parametrize("fault", ["reset", "fail", "conflict"])
def test_who_creates_a_name_between_two_tries_of_another_wins(
    calm: S3Store, store: S3Store, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.before = lambda: calm.put("new", b"the same", exclusive=True)
    proxy.order(fault, "PUT")
    with pytest.raises(AlreadyExistsError):
        store.put("new", b"the same", exclusive=True)


def test_one_thread_wins_each_name_however_many_answers_are_lost(
    store: S3Store, proxy: FaultProxy
) -> None:
    faults: list[Fault] = ["lose", "reset", "fail", "conflict", "refuse"]
    chance = random.Random(7)  # noqa: S311 - the same faults every time
    start = threading.Barrier(4)

    def race(writer: int) -> list[tuple[str, bytes]]:
        won = []
        for number in range(12):
            if start.wait() == 0:
                proxy.order(chance.choice(faults), "PUT", times=2)
            start.wait()
            try:
                store.put(f"log/{number}", b"%d" % writer, exclusive=True)
            except AlreadyExistsError:
                continue
            won.append((f"log/{number}", b"%d" % writer))
        return won

    with ThreadPoolExecutor(4) as pool:
        won = [each for result in pool.map(race, range(4)) for each in result]
    assert sorted(won) == sorted((f"log/{n}", store.get(f"log/{n}")) for n in range(12))


@pytest.mark.parametrize("checked", ["when_supported", "when_required"])
@pytest.mark.parametrize("fault", ["truncate", "flip"])
def test_wrong_bytes_are_fetched_again(
    proxy: FaultProxy,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    checked: str,
) -> None:
    """With and without the checksums that Amazon sends along and others may not."""
    monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", checked)
    with opened(bucket, tmp_path / "copies") as store:
        for key in (OBJECT, SEGMENT):
            store.put(key, DATA)
            proxy.order(fault, "GET", times=2)
            assert store.local_path(key).read_bytes() == DATA
            assert store.get(key) == DATA


@pytest.mark.parametrize("checked", ["when_supported", "when_required"])
def test_bytes_that_stay_wrong_are_damage_and_are_not_kept(
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checked: str,
) -> None:
    monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", checked)
    with opened(bucket, tmp_path / "copies") as store:
        store.put(OBJECT, b"a bit has flipped where it lies")
        for ask in (store.get, store.local_path):
            with pytest.raises(DamagedError, match="damaged"):
                ask(OBJECT)
        store.put(OBJECT, DATA)
        assert store.get(OBJECT) == DATA
    assert list((tmp_path / "copies" / "tmp").iterdir()) == []


def test_closing_ends_what_is_under_way(store: S3Store, proxy: FaultProxy) -> None:
    proxy.seconds = 60
    proxy.order("delay")
    asked = threading.Event()
    proxy.before = asked.set
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(store.get, "name")
        assert asked.wait(20)
        store.close()
        with pytest.raises(StoreError, match="closed during a request"):
            answer.result(10)
    proxy.relent()
    _get(store)
