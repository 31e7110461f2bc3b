"""What was asked is remembered: once, within bounds, and never what went wrong."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.answers import Answers


def test_what_nobody_asked_for_longest_is_forgotten_first() -> None:
    answers = Answers(most=2)
    asked: list[str] = []

    def ask(question: str) -> None:
        answers.get(question, lambda: asked.append(question))

    for question in ("first", "second", "first", "third", "first", "second"):
        ask(question)
    assert asked == ["first", "second", "third", "second"]


def test_who_asks_the_same_meanwhile_waits_for_the_one_answer() -> None:
    answers = Answers(most=2)
    begun, go_on = threading.Event(), threading.Event()
    asked: list[int] = []

    def answer() -> str:
        asked.append(1)
        begun.set()
        assert go_on.wait(60)
        return "answer"

    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(answers.get, "question", answer) for _ in range(3)]
        assert begun.wait(60)
        assert answers.get("another", lambda: "at once") == "at once"
        go_on.set()
    assert [each.result() for each in found] == ["answer"] * 3
    assert asked == [1]


def test_what_went_wrong_is_asked_again() -> None:
    answers = Answers(most=2)
    with pytest.raises(ZeroDivisionError):
        answers.get("question", lambda: 1 / 0)
    assert answers.get("question", lambda: None) is None
    assert answers.get("question", lambda: "not asked") is None


def test_nothing_is_remembered_after_clearing() -> None:
    answers = Answers(most=2)
    answers.get("question", lambda: 1)
    answers.clear()
    assert answers.get("question", lambda: 2) == 2
