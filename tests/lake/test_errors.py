from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import lake
from lake.errors import MhrasError, NotFoundError, StoreError

ERRORS = [getattr(lake, name) for name in lake.__all__ if name.endswith("Error")]


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_cross_processes_with_all_they_say(kind: type[MhrasError]) -> None:
    error = kind("No.", hint="Do this.", path="p", errno=28)
    error.add_note("while testing")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(back) is kind
    assert str(back) == "No. Do this."
    assert (back.path, back.facts, back.__notes__) == (
        "p",
        {"path": "p", "errno": 28},
        ["while testing"],
    )


def test_every_error_has_a_code_of_its_own() -> None:
    assert len({kind.code for kind in ERRORS}) == len(ERRORS)


def test_errors_are_also_those_python_has_for_it() -> None:
    assert issubclass(NotFoundError, KeyError)
    assert StoreError("Full.", errno=28).errno == 28


def test_a_fact_that_was_not_given_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'run_id'"):
        _ = MhrasError("No.").run_id


def test_importing_the_lake_imports_no_library() -> None:
    heavy = {"pyarrow", "numpy", "pandas", "polars", "duckdb", "fsspec"}
    modules = "lake, lake.table, lake.objects, lake.compact, lake.verify"
    code = f"import sys, {modules}; print({heavy} & sys.modules.keys())"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_public_names_are_all_there() -> None:
    assert sorted(lake.__all__) == lake.__all__
    assert set(lake.__all__) <= set(dir(lake))
    with pytest.raises(AttributeError, match="no attribute 'Lakes'"):
        _ = lake.Lakes
