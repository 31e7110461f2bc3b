from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from lake.clock import now_us, to_datetime, to_us

if TYPE_CHECKING:
    import pytest


def test_no_two_threads_are_given_the_same_time() -> None:
    given_times: list[int] = []

    def ask() -> None:
        given_times.extend([now_us() for _ in range(2000)])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given_times)) == 8000
    assert abs(now_us() - time.time() * 1e6) < 60e6


def test_time_goes_on_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = now_us()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert before < now_us() < now_us()


@given(us=st.integers(-(10**16), 10**17))
def test_microseconds_become_a_datetime_and_back(us: int) -> None:
    assert to_us(to_datetime(us)) == us


def test_a_datetime_of_any_zone_becomes_the_same_instant() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert to_datetime(to_us(moment)) == moment
    assert to_datetime(to_us(moment)).tzinfo is UTC
