"""What went wrong is said without saying what was in it."""

from __future__ import annotations

import logging

from app.errors import WithoutMessages

PRIVATE = "patient 4711"


def record_of(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except type(error) as caught:
        facts = (type(caught), caught, caught.__traceback__)
        return logging.LogRecord("x", logging.ERROR, __file__, 1, "Uncaught", (), facts)


def test_values_of_an_uncaught_error_do_not_reach_the_log() -> None:
    record = record_of(ValueError(PRIVATE))
    assert WithoutMessages().filter(record)
    text = logging.Formatter().format(record)
    assert PRIVATE not in text
    assert "Uncaught: ValueError at " in text
    assert "test_errors.py" in text
