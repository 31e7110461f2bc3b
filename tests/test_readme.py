"""The README does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from core import Workbench

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
EXAMPLE = ROOT / "examples" / "track_sklearn.py"
# a DuckDB and nothing else: no NumPy, no Arrow, no pandas, none of ours
STOCK = """
import sys
sys.path[:] = [p for p in sys.path if "site-packages" not in p and p != sys.argv[1]] + [sys.argv[2]]
import duckdb
for statement in sys.stdin.read().split(";"):
    if statement.strip():
        for row in duckdb.execute(statement).fetchall():
            print(row)
assert not {"numpy", "pandas", "pyarrow", "lake"} & sys.modules.keys()
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a new user ran the example."""
    folder = tmp_path_factory.mktemp("new-user")
    out = subprocess.run(
        [sys.executable, EXAMPLE], cwd=folder, capture_output=True, text=True, check=True
    )
    assert out.stderr == ""
    assert len(out.stdout.splitlines()) == 3
    return folder


@pytest.fixture(scope="module")
def only_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds DuckDB alone."""
    import duckdb

    folder = tmp_path_factory.mktemp("packages")
    site = Path(duckdb.__file__).parents[1]
    for name in ("duckdb", "_duckdb"):
        for found in site.glob(f"{name}*"):
            (folder / found.name).symlink_to(found)
    return folder


def test_the_readme_shows_exactly_the_example() -> None:
    assert EXAMPLE.read_text(encoding="utf8") in blocks("python")


def test_the_example_is_fifteen_lines_of_code() -> None:
    lines = EXAMPLE.read_text(encoding="utf8").splitlines()
    assert len([line for line in lines if line and not line.startswith('"""')]) <= 15


def test_the_example_leads_to_the_search_of_the_readme(folder: Path) -> None:
    with Workbench(folder / "lake", create=False) as wb:
        found = eval(blocks("python")[1], {"wb": wb})  # noqa: S307 - our own document
        assert [run.params["rate"] for run in found] == [0.1]


def test_a_stock_duckdb_runs_the_sql(folder: Path, only_duckdb: Path) -> None:
    export = [sys.executable, "-m", "app", "export", "catalog", "--lake", "lake"]
    subprocess.run(export, cwd=folder, check=True, capture_output=True)
    (sql,) = blocks("sql")
    code = [sys.executable, "-I", "-S", "-c", STOCK, str(ROOT), str(only_duckdb)]
    out = subprocess.run(code, cwd=folder, input=sql, capture_output=True, text=True, check=False)
    assert out.stderr == ""
    rows = out.stdout.splitlines()
    assert len([row for row in rows if "FINISHED" in row]) == 3
    assert len(rows) == 3 + 3 + 100


def test_the_commands_for_data_run_one_after_the_other(tmp_path: Path) -> None:
    lines = "".join(f"{n},{n % 28},{int(n % 28 > 14)}\n" for n in range(200))
    for name, data in {"survey": lines, "later": lines.replace(",27,", ",9,")}.items():
        (tmp_path / f"{name}.csv").write_text(f"person,phq9,risk\n{data}")
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = "set -e\n" + blocks("sh")[1]
    out = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.endswith("200\n")
    assert {page.name for page in tmp_path.glob("*.html")} == {"drift.html", "eda.html"}


def test_the_commands_for_models_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Workbench("lake") as wb, wb.tracker.start_run("risk") as run:
        run.log_bytes('{"intercept": -2}', "model.json", "model")
    printed = []
    for line in blocks("sh")[2].replace("RUN", run.run_id, 1).splitlines():
        command, _, file = line.partition("#")[0].partition(">")
        assert main(shlex.split(command)[1:]) == 0, line
        printed.append(capsys.readouterr().out)
        if file:
            Path(file.strip()).write_text(printed[-1], encoding="utf8")
    assert printed[0] == "risk@v1\n"
    assert "draft" in printed[-2]
    assert "risk@v1" in Path("card.html").read_text(encoding="utf8")


def test_the_picture_is_there() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / name).stat().st_size > 10_000
